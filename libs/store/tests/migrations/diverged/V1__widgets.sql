CREATE TABLE widgets (name text PRIMARY KEY);
