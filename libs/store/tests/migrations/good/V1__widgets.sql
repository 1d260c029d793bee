CREATE TABLE widgets (name text PRIMARY KEY, size integer NOT NULL CHECK (size > 0));
