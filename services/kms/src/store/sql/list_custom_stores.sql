SELECT custom_key_store_id, name, store_type, connection_state, connection_error_code, created_at, cloud_hsm_cluster_id,
       trust_anchor, xks_uri_endpoint, xks_uri_path, xks_access_key_id, domain_key_id, credential,
       connection_attempt
FROM custom_key_stores
WHERE region = $1 AND account_id = $2 AND custom_key_store_id > $3
  AND ($4::text IS NULL OR custom_key_store_id = $4) AND ($5::text IS NULL OR name = $5)
ORDER BY custom_key_store_id
LIMIT $6
