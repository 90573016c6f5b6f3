#!/bin/sh
# Brings every service's database up to date, each as its own role.
set -eu

for name in identity contacts sales tasks mail-ingest search notify; do
    variable=$(echo "$name" | tr 'a-z-' 'A-Z_')_DATABASE_PASSWORD
    PGPASSWORD=$(printenv "$variable") kontor migrate "$name"
done
