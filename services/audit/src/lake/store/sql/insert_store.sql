INSERT INTO event_data_stores (store_id, account, region, name, selectors, multi_region, retention_days,
                               termination_protection, billing_mode, tags, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
