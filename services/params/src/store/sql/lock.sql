SELECT parameter_id, name, version, tier
FROM parameters
WHERE region = $1 AND account_id = $2 AND path = $3
FOR UPDATE
