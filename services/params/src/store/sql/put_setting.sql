INSERT INTO service_settings (region, account_id, setting_id, value, modified_at, modified_by)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (region, account_id, setting_id)
DO UPDATE SET value = excluded.value, modified_at = excluded.modified_at, modified_by = excluded.modified_by
