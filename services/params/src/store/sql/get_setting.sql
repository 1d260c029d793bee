SELECT value, modified_at, modified_by FROM service_settings WHERE region = $1 AND account_id = $2 AND setting_id = $3
