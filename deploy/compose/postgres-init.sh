#!/bin/bash
# A database and a role for each service; a role reaches only its own. The Postgres image runs this at the first start.
set -euo pipefail

for service in identity kms params secrets audit; do
    psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
        -v name="$service" -v password="$(cat "/run/secrets/$service-db-password")" <<'SQL'
SET log_min_error_statement = panic;
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
# Queries of event data stores run as a role that sees nothing but views, and may fill no disk.
psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    -v service="audit" -v queries="audit_queries" <<'SQL'
CREATE ROLE :"queries" NOLOGIN;
GRANT :"queries" TO :"service";
ALTER ROLE :"service" SET temp_file_limit = '2GB';
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
REVOKE ALL ON DATABASE template1 FROM PUBLIC;
SQL
