INSERT INTO keys (region, account_id, key_id, key_spec, key_usage, origin, key_manager, key_state, description, policy,
                  created_at, rotation_period_days, next_rotation_date, primary_region, replica_regions,
                  custom_key_store_id, xks_key_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
