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
psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE audit_queries NOLOGIN;
GRANT audit_queries TO audit;
ALTER ROLE audit SET temp_file_limit = '2GB';
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
REVOKE ALL ON DATABASE template1 FROM PUBLIC;
SQL
