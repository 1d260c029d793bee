SELECT store_id, name, selectors, multi_region, retention_days, termination_protection, billing_mode, tags, created_at,
       updated_at, deleted_at
  FROM event_data_stores
 WHERE account = $1 AND region = $2 AND (deleted_at IS NULL OR deleted_at > $3)
 ORDER BY store_id
