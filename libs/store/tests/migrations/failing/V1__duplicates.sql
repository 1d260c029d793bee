CREATE TABLE duplicates (name text CONSTRAINT one_of_each UNIQUE);
INSERT INTO duplicates VALUES ('a-private-value'), ('a-private-value');
