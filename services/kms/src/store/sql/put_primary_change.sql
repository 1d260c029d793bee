INSERT INTO primary_changes (region, account_id, key_id, epoch, updating_to)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (region, account_id, key_id) DO UPDATE
SET epoch = excluded.epoch, updating_to = excluded.updating_to
