SELECT service_name, signing_scopes
FROM service_principals
ORDER BY service_name
