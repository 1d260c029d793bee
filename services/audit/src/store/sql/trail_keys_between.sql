-- A key is valid from a day before the digest file that it signed first to a day behind the one that it signed last.
SELECT fingerprint, public_key, first_used - interval '1 day' AS first_used, last_used + interval '1 day' AS last_used
  FROM trail_keys
 WHERE first_used - interval '1 day' <= $2
   AND last_used + interval '1 day' >= $1
 ORDER BY first_used, fingerprint
