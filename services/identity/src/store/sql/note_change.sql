WITH turn AS MATERIALIZED (
    SELECT pg_advisory_xact_lock($1)
), noted AS (
    INSERT INTO identity_changes (subject)
    SELECT subject FROM turn, unnest($2::text[]) AS subject
    RETURNING change_id
)
SELECT pg_notify('identity_changes', max(change_id)::text) FROM noted
