-- Whoever adds to a limited number of parameters of an account does so alone, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('parameters of ' || $1 || '/' || $2 || '/' || $3, 0))
