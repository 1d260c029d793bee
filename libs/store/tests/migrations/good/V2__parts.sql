CREATE TABLE parts (widget text NOT NULL CONSTRAINT parts_of_widget REFERENCES widgets (name));
