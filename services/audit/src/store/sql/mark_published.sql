UPDATE dead_letters
   SET published_at = clock_timestamp()
  FROM unnest($1::text[], $2::bigint[]) AS sent (source, position)
 WHERE dead_letters.source = sent.source
   AND dead_letters.position = sent.position
