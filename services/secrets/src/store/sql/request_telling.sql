INSERT INTO secret_tellings (region, account_id, name, suffix, peer_region, generation, due_at, asked_at)
VALUES ($1, $2, $3, $4, $5, nextval('secret_tellings_numbers'), $6, $6)
ON CONFLICT (region, account_id, name, suffix, peer_region) DO UPDATE
SET generation = excluded.generation, due_at = excluded.due_at, attempts = 0
