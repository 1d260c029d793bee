SELECT p.parameter_id, p.name, v.version, v.type, v.tier, v.data_type, v.key_id, v.description,
    v.allowed_pattern, v.modified_at, v.modified_by, v.value, v.ciphertext
FROM parameters p
-- OFFSET 0 keeps the planner from joining the whole tables, as it would while it has no statistics of them.
JOIN LATERAL (
    SELECT *
    FROM parameter_versions
    WHERE parameter_id = p.parameter_id
        AND version = CASE
            WHEN $8::text[] IS NULL AND $9::text[] IS NULL THEN p.version
            -- By label the labelled version is meant, and the latest of several.
            ELSE (
                SELECT max(l.version) FROM parameter_labels l
                WHERE l.parameter_id = p.parameter_id
                    AND ($8::text[] IS NULL OR l.label = ANY ($8))
                    AND ($9::text[] IS NULL OR EXISTS (SELECT FROM unnest($9) AS prefix WHERE starts_with(l.label, prefix)))
            )
        END
    OFFSET 0
) v ON true
WHERE p.region = $1 AND p.account_id = $2
    AND ($5::text[] IS NULL OR v.type = ANY ($5))
    AND ($6::text[] IS NULL OR v.key_id = ANY ($6))
    AND ($7::text[] IS NULL OR EXISTS (SELECT FROM unnest($7) AS prefix WHERE starts_with(v.key_id, prefix)))
