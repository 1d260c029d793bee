-- The first version of each parameter that has none, otherwise like one that PutParameter has made.
INSERT INTO parameter_versions (
    parameter_id, version, type, tier, data_type, value, modified_at, modified_by
)
SELECT p.parameter_id, 1, model.type, model.tier, model.data_type,
    'value ' || right(p.path, 7) || ' of a parameter, as long as a URL is', model.modified_at, model.modified_by
FROM parameters p,
    (SELECT type, tier, data_type, modified_at, modified_by FROM parameter_versions ORDER BY parameter_id LIMIT 1) model
WHERE NOT EXISTS (SELECT FROM parameter_versions v WHERE v.parameter_id = p.parameter_id)
