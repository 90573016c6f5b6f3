#!/bin/sh
# Runs a command that needs the databases of all services: libpq (PostgreSQL manual, "The Password File") finds each role's password in
# a file that is gone with the container.
set -eu
umask 077
export PGPASSFILE=/tmp/passwords

for name in identity contacts sales tasks mail_ingest search notify; do
    password=$(printenv "$(echo "$name" | tr 'a-z' 'A-Z')_DATABASE_PASSWORD")
    echo "*:*:kontor_$name:kontor_$name:$password"
done >"$PGPASSFILE"
exec "$@"
