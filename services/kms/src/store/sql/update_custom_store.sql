UPDATE custom_key_stores
SET name = $4, cloud_hsm_cluster_id = $5, xks_uri_endpoint = $6, xks_uri_path = $7, xks_access_key_id = $8,
    domain_key_id = $9, credential = $10
WHERE region = $1 AND account_id = $2 AND custom_key_store_id = $3
