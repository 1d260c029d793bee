INSERT INTO trail_files (object, account, region, delivered_at, hash, oldest_event, newest_event)
VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (object) DO NOTHING
