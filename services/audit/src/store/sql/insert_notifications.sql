INSERT INTO notifications (target, id, resource, body)
SELECT told.target, told.id, told.resource, told.body
  FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bytea[]) WITH ORDINALITY
       AS told (target, id, resource, body, ordinal)
 ORDER BY told.ordinal
