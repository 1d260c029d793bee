INSERT INTO service_principals (service_name, signing_scopes, created_at)
VALUES ($1, $2, $3)
ON CONFLICT (service_name) DO UPDATE SET signing_scopes = excluded.signing_scopes
WHERE service_principals.signing_scopes IS DISTINCT FROM excluded.signing_scopes
