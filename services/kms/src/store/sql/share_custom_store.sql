SELECT custom_key_store_id, name, store_type, connection_state, connection_error_code, created_at, cloud_hsm_cluster_id,
       trust_anchor, xks_uri_endpoint, xks_uri_path, xks_access_key_id, domain_key_id, credential,
       connection_attempt
FROM custom_key_stores
WHERE region = $1 AND account_id = $2 AND custom_key_store_id = $3
FOR SHARE
