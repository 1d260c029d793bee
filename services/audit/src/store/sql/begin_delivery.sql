-- From the end of the last range on, blocks that begin before so many leaves.
WITH next AS (
    SELECT coalesce(max(end_leaf), 0) AS first_leaf FROM trail_deliveries
)
INSERT INTO trail_deliveries (first_leaf, end_leaf, delivered_at)
SELECT next.first_leaf, last.end_leaf, $1
  FROM next
 CROSS JOIN LATERAL (
    SELECT first_leaf + leaves AS end_leaf
      FROM sequenced_blocks
     WHERE first_leaf >= next.first_leaf
       AND first_leaf < next.first_leaf + $2
     ORDER BY first_leaf DESC
     LIMIT 1
  ) AS last
RETURNING first_leaf, end_leaf, delivered_at
