UPDATE event_data_stores
   SET name = $3, selectors = $4, multi_region = $5, retention_days = $6, termination_protection = $7,
       billing_mode = $8, updated_at = $9, deleted_at = $10
 WHERE store_id = $1 AND account = $2
