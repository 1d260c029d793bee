-- Whoever adds to a limited number of secrets of an account does so alone, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('secrets of ' || $1 || '/' || $2, 0))
