-- Only enabled keys are rotated: those that are disabled for years must not stand before the others in the worker's index.
-- The replica keys of multi-Region keys have their primary key's dates, and are rotated by it.
DROP INDEX keys_rotation_due;
CREATE INDEX keys_rotation_due ON keys (region, next_rotation_date)
    WHERE next_rotation_date IS NOT NULL AND key_state = 'Enabled'
      AND (primary_region IS NULL OR primary_region = region);

-- AWS managed keys rotate every year.
UPDATE keys SET rotation_period_days = 365, next_rotation_date = created_at + interval '365 days'
WHERE key_manager = 'AWS' AND origin = 'AWS_KMS' AND key_spec = 'SYMMETRIC_DEFAULT' AND rotation_period_days IS NULL;
