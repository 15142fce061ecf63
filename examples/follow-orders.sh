#!/bin/sh
# Prints the events of a stream as they come, one line each: redis-cli and awk are all it takes.
#
#   examples/follow-orders.sh [STREAM] [AFTER]
#
# STREAM is orders, market or catalog. AFTER is the id of an entry, 0 for everything that is kept; without it from now
# on. Each line begins with the entry's id: what a next run needs to go on from there.
set -eu

stream=${1:-orders}
run=${DATA_DIR:-$(dirname "$0")/../.data}/run.json

# REDIS_* name the server, or the `npm start` that is running here does; its private Redis has no password.
if [ -z "${REDIS_HOST:-}" ]; then
  [ -r "$run" ] || { echo "$run cannot be read; run \`npm start\` first, or set REDIS_HOST" >&2; exit 1; }
  redis=$(tr -d ' \n' <"$run" | sed 's/.*"redis":{\([^}]*\)}.*/\1/')
  field() { printf '%s' "$redis" | tr ',' '\n' | sed -n "s/^\"$1\":\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p"; }
  REDIS_HOST=$(field host) REDIS_PORT=$(field port) REDIS_DB=$(field db)
fi
[ -z "${REDIS_PASSWORD:-}" ] || export REDISCLI_AUTH="$REDIS_PASSWORD"
ask() { redis-cli --raw -h "$REDIS_HOST" -p "${REDIS_PORT:-6379}" -n "${REDIS_DB:-0}" "$@"; }

after=${2:-}
if [ -z "$after" ]; then
  # `$` would mean another now at each call; what comes between two calls would be lost.
  after=$(ask XREVRANGE "$stream" + - COUNT 1 | head -n 1)
  after=${after:-0}
fi

while :; do
  # A reply is the stream's name, then for each entry its id and its seven fields, a line for a name and one for a value.
  reply=$(ask XREAD COUNT 100 BLOCK 5000 STREAMS "$stream" "$after") || { sleep 1; continue; }
  lines=$(printf '%s\n' "$reply" | awk '
    NR > 1 {
      n = (NR - 2) % 15
      if (n == 0) id = $0
      else if (n % 2 == 1) name = $0
      else value[name] = $0
      if (n == 14) print id, value["time"], value["type"], value["subject"], value["data"]
    }')
  [ -n "$lines" ] || continue
  printf '%s\n' "$lines"
  after=$(printf '%s\n' "$lines" | tail -n 1 | cut -d ' ' -f 1)
done
