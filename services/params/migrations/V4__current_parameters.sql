-- Parameters with their current version, without its value.
CREATE VIEW current_parameters AS
SELECT p.parameter_id, p.region, p.account_id, p.path, p.parent, p.name, v.version, v.type, v.tier, v.data_type, v.key_id,
    v.description, v.allowed_pattern, v.modified_at, v.modified_by
FROM parameters p
-- OFFSET 0 keeps the planner from joining the whole tables, as it would while it has no statistics of them.
JOIN LATERAL (
    SELECT * FROM parameter_versions WHERE parameter_id = p.parameter_id AND version = p.version OFFSET 0
) v ON true;
