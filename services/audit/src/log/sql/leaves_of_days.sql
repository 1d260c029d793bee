SELECT coalesce(min(first_leaf), 0) AS first, coalesce(max(first_leaf + leaves), 0) AS behind
  FROM sequenced_blocks
 WHERE day BETWEEN $1 AND $2 AND first_leaf < $3
