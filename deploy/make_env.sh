#!/bin/sh
# Writes .env from .env.example with made-up passwords; an .env that exists stays as it is.
set -eu
cd "$(dirname "$0")"

if [ -e .env ]; then
    echo ".env exists already" >&2
    exit 1
fi
umask 077
while IFS= read -r line; do
    case $line in
        KONTOR_*) ;;
        *_PASSWORD= | *_KEY=) line=$line$(LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c 32) ;;
    esac
    printf '%s\n' "$line"
done <.env.example >.env.part
mv .env.part .env
echo "wrote .env; look at KONTOR_MAIL_DOMAIN, HTTP_PUBLISH and SMTP_PUBLISH in it"
