INSERT INTO custom_key_stores (region, account_id, custom_key_store_id, name, store_type, connection_state, created_at,
                               cloud_hsm_cluster_id, trust_anchor, xks_uri_endpoint, xks_uri_path, xks_access_key_id,
                               domain_key_id, credential)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
