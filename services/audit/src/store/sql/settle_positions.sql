INSERT INTO source_positions AS settled (source, position)
SELECT *
  FROM unnest($1::text[], $2::bigint[])
    -- Never backwards: who lost a partition to another consumer may still be at its last batch.
    ON CONFLICT (source) DO UPDATE SET position = greatest(settled.position, excluded.position)
