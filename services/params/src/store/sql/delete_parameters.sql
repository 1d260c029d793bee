DELETE FROM parameters
WHERE parameter_id IN (
    -- Locked in the order of the names, so that two deletions of the same names don't wait for each other.
    SELECT parameter_id
    FROM parameters
    WHERE region = $1 AND account_id = $2 AND name = ANY ($3) AND path = ANY ($4)
    ORDER BY path
    FOR UPDATE
)
RETURNING name
