-- When a dead letter was sent through the journal once more.
ALTER TABLE dead_letters ADD COLUMN replayed_at timestamptz;
CREATE INDEX dead_letters_to_replay ON dead_letters (source, position) WHERE replayed_at IS NULL;
