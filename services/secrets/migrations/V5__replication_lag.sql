-- Since when a Region has not known the latest of a secret.
ALTER TABLE secret_tellings ADD COLUMN asked_at timestamptz NOT NULL DEFAULT now();
