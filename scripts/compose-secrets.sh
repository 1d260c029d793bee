#!/usr/bin/env bash
# Makes the random secrets of the compose stack in deploy/compose/secrets, once: what is there stays.
# There is no built-in credential; without these files the stack does not start.
set -euo pipefail
cd "$(dirname "$0")/.."

SECRETS=deploy/compose/secrets
SERVICES=(identity kms params secrets audit)
# Those that ask identity, each by an access key of its own.
CLIENTS=(kms params secrets audit)

# The containers' users are not this one, so they need the files readable. The directory is closed: on this machine only
# its owner gets to them, and a container sees only the files that are mounted into it.
umask 077
mkdir -p "$SECRETS"
chmod 0700 "$SECRETS"

# write_once FILE COMMAND...: the command's output, unless the file is there.
write_once() {
    local file=$SECRETS/$1
    shift
    if [ ! -e "$file" ]; then
        "$@" >"$file.new"
        chmod 0444 "$file.new"
        mv "$file.new" "$file"
    fi
}

# random SET LENGTH
random() {
    LC_ALL=C tr -dc "$1" </dev/urandom | head -c "$2" || true
}

access_key_id() {
    printf 'KEYWRIGHT_IDENTITY__ACCESS_KEY_ID=AKIA%s\n' "$(random 'A-Z2-7' 16)"
}

# The access keys of all, by the names that identity knows them by.
access_key_ids() {
    local service
    for service in "${CLIENTS[@]}"; do
        sed "s/^KEYWRIGHT_IDENTITY__/KEYWRIGHT_SERVICE_PRINCIPALS__${service^^}__/" "$SECRETS/$service.env"
    done
}

for service in postgres "${SERVICES[@]}"; do
    write_once "$service-db-password" random 'a-zA-Z0-9' 40
done
for service in "${CLIENTS[@]}"; do
    write_once "$service-secret-access-key" random 'a-zA-Z0-9' 40
    write_once "$service.env" access_key_id
done
write_once identity.env access_key_ids
write_once front-token random 'a-zA-Z0-9' 40
echo "secrets of the compose stack: $SECRETS"
