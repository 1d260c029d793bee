-- How many customer managed keys an account has, so that CreateKey needn't count them. One row would make all of an
-- account's CreateKey take turns, so there are sixteen; their sum counts.

CREATE TABLE key_counts (
    region     text COLLATE "C" NOT NULL,
    account_id text COLLATE "C" NOT NULL,
    part       integer NOT NULL,
    keys       bigint NOT NULL,
    PRIMARY KEY (region, account_id, part)
) WITH (fillfactor = 50);

INSERT INTO key_counts (region, account_id, part, keys)
SELECT region, account_id, 0, count(*) FROM keys WHERE key_manager = 'CUSTOMER' GROUP BY region, account_id;

CREATE FUNCTION count_key() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    counted keys := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    IF counted.key_manager = 'CUSTOMER' THEN
        INSERT INTO key_counts AS c (region, account_id, part, keys)
        VALUES (counted.region, counted.account_id, floor(random() * 16), CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END)
        ON CONFLICT (region, account_id, part) DO UPDATE SET keys = c.keys + excluded.keys;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER count_key AFTER INSERT OR DELETE ON keys FOR EACH ROW EXECUTE FUNCTION count_key();
