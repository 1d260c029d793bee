-- Resource policies, and which versions are under the AWS managed key.

-- As the secret's owner wrote it. A column of the secret: whoever reads a secret to decide about it has its policy too.
ALTER TABLE secrets ADD COLUMN resource_policy text;

-- Nobody of another account can use the AWS managed key. Of versions that the secret's present key didn't seal it isn't
-- known; KMS refuses those by itself.
ALTER TABLE secret_versions ADD COLUMN managed_key boolean NOT NULL DEFAULT false;
UPDATE secret_versions v SET managed_key = s.kms_key_id IS NULL FROM secrets s WHERE s.secret_id = v.secret_id;
ALTER TABLE secret_versions ALTER COLUMN managed_key DROP DEFAULT;

-- A secret with its labels and tags, in one row; again, as `s.*` means the columns that there were.
DROP VIEW secret_details;
CREATE VIEW secret_details AS
SELECT s.*, l.stages, l.stage_versions, t.tag_keys, t.tag_values
FROM secrets s
CROSS JOIN LATERAL (
    SELECT array_agg(version_stage ORDER BY version_stage) AS stages,
           array_agg(version_id ORDER BY version_stage) AS stage_versions
    FROM secret_version_stages
    WHERE secret_id = s.secret_id
) l
CROSS JOIN LATERAL (
    SELECT array_agg(tag_key ORDER BY tag_key) AS tag_keys,
           array_agg(tag_value ORDER BY tag_key) AS tag_values
    FROM secret_tags
    WHERE secret_id = s.secret_id
) t;
