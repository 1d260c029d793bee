SELECT chain.account, chain.region, chain.first_file, last.end_time, last.object, last.hash, last.signature
  FROM (SELECT account, region, min(delivered_at) AS first_file FROM trail_files GROUP BY account, region) AS chain
  LEFT JOIN LATERAL (
    SELECT end_time, object, hash, signature
      FROM trail_digests
     WHERE account = chain.account AND region = chain.region
     ORDER BY end_time DESC
     LIMIT 1
  ) AS last ON true
 WHERE coalesce(last.end_time, chain.first_file) < $1
 ORDER BY chain.account, chain.region
