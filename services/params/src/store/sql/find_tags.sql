SELECT asked.parameter_id,
    array(SELECT key FROM parameter_tags t WHERE t.parameter_id = asked.parameter_id ORDER BY key) AS tag_keys,
    array(SELECT value FROM parameter_tags t WHERE t.parameter_id = asked.parameter_id ORDER BY key) AS tag_values
FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (parameter_id, position)
ORDER BY asked.position
