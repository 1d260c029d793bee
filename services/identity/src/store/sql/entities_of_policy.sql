SELECT i.kind, i.identity_id, i.name
FROM identities i
WHERE i.account_id = $1
  AND i.kind = ANY ($3)
  AND starts_with(i.path, $4)
  AND i.identity_id COLLATE "C" > $5
  AND (($6 AND i.boundary_arn = $2)
      OR ($7 AND EXISTS (SELECT FROM attached_policies a
          WHERE a.policy_arn = $2 AND a.identity_id = i.identity_id)))
ORDER BY i.identity_id COLLATE "C"
LIMIT $8
