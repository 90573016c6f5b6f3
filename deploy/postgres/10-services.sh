#!/bin/sh
# Runs once, when the data folder is empty: a role and a database for each service. A role reaches no other database, and is neither
# superuser nor exempt from row-level security.
set -eu

for name in identity contacts sales tasks mail_ingest search notify; do
    variable=$(echo "$name" | tr 'a-z' 'A-Z')_DATABASE_PASSWORD
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
        --set role="kontor_$name" --set password="$(printenv "$variable")" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password' NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 60;
CREATE DATABASE :"role" OWNER :"role" TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
SQL
done
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --command 'REVOKE CONNECT ON DATABASE postgres FROM PUBLIC' --command 'REVOKE CONNECT ON DATABASE template1 FROM PUBLIC'
