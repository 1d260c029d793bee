        AND ($4::text[] IS NULL OR p.type = ANY ($4))
        AND ($5::text[] IS NULL OR p.key_id = ANY ($5))
        AND ($6::text[] IS NULL OR EXISTS (SELECT FROM unnest($6) AS prefix WHERE starts_with(p.key_id, prefix)))
        AND ($7::text[] IS NULL OR p.tier = ANY ($7))
        AND ($8::text[] IS NULL OR EXISTS (SELECT FROM unnest($8) AS part WHERE position(part IN p.name) > 0))
        AND ($9::text[] IS NULL OR p.data_type = ANY ($9))
        -- Of each tag that is asked for, one of the values.
        AND NOT EXISTS (
            SELECT FROM unnest($10::text[]) AS asked (key)
            WHERE NOT EXISTS (
                SELECT FROM parameter_tags t
                JOIN unnest($10, $11::text[], $12::boolean[]) AS wanted (key, value, is_prefix) ON wanted.key = t.key
                WHERE t.parameter_id = p.parameter_id AND t.key = asked.key
                    AND CASE WHEN wanted.is_prefix THEN starts_with(t.value, wanted.value) ELSE t.value = wanted.value END
            )
        )
        AND EXISTS (
            SELECT FROM unnest($14::text[], $15::text[]) AS range (first, behind)
            WHERE p.path >= range.first AND p.path < range.behind
        )
        AND ($16::text[] IS NULL OR p.parent = ANY ($16))
        AND ($17::text[] IS NULL OR p.path = ANY ($17))
