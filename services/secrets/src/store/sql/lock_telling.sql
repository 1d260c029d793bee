SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'telling', $1::text, $2::text, $3::text, $4::text, $5::text), 0))
