INSERT INTO lake_results (query_id, ordinal, cells)
SELECT $1, $2 + ordinality, cells FROM unnest($3::text[]) WITH ORDINALITY AS rows (cells, ordinality)
