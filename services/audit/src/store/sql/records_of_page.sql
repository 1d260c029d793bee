-- A subquery, and not a join: it is asked by index for each event of the page, however small the tables are.
SELECT event_time, event_id,
       (SELECT block.records[page.ordinal]
          FROM record_blocks AS block
         WHERE block.block_id = page.block_id
           AND block.day = (page.event_time AT TIME ZONE 'UTC')::date) AS record
  FROM page
 ORDER BY event_time DESC, event_id DESC
