-- OFFSET 0: by index for each, and never by a join that reads a table through.
SELECT known.event_id, known.event_time
  FROM unnest($1::uuid[], $2::timestamptz[]) AS asked (id, at)
 CROSS JOIN LATERAL (
    SELECT event_id, event_time FROM events WHERE event_id = asked.id AND event_time = asked.at OFFSET 0
  ) AS known
