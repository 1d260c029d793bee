-- The transparency log: every record is a leaf of one Merkle tree, whose head is signed.

-- Which leaves the records of a block are: those from first_leaf on, in the block's order. The leaves go on without a gap.
CREATE TABLE sequenced_blocks (
    first_leaf bigint  PRIMARY KEY,
    block_id   bigint  NOT NULL UNIQUE,
    day        date    NOT NULL,
    leaves     integer NOT NULL CHECK (leaves > 0),
    own_leaves integer NOT NULL
);
CREATE INDEX sequenced_blocks_by_day ON sequenced_blocks (day, block_id);

-- The tree's hashes in tiles (C2SP tlog-tiles, height 8), 32 bytes each. Those at the right edge are the ones that have
-- fewer than 256; they grow.
CREATE TABLE log_tiles (
    level      smallint NOT NULL,
    tile_index bigint   NOT NULL,
    width      smallint NOT NULL CHECK (width BETWEEN 1 AND 256),
    data       bytea    NOT NULL,
    PRIMARY KEY (level, tile_index)
);
ALTER TABLE log_tiles ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE INDEX log_tiles_at_the_edge ON log_tiles (level) WHERE width < 256;

-- What was signed.
CREATE TABLE log_checkpoints (
    size    bigint      PRIMARY KEY,
    root    bytea       NOT NULL,
    note    text        NOT NULL,
    made_at timestamptz NOT NULL
);
