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

# REDIS_* name the server, or the `npm start` that is running here does. It writes a field a line, and text as JSON has it.
if [ -z "${REDIS_HOST:-}" ]; then
  [ -r "$run" ] || { echo "$run cannot be read; run \`npm start\` first, or set REDIS_HOST" >&2; exit 1; }
  field() {
    sed -n '/^  "redis": {/,/^  }/s/^    "'"$1"'": \(.*[^,]\),\{0,1\}$/\1/p' "$run" | sed 's/^"\(.*\)"$/\1/; s/\\\(.\)/\1/g'
  }
  REDIS_HOST=$(field host) REDIS_PORT=$(field port) REDIS_DB=$(field db) REDIS_PASSWORD=$(field password)
fi
[ -z "${REDIS_PASSWORD:-}" ] || export REDISCLI_AUTH="$REDIS_PASSWORD"
# With -e a refusal is an error, and not a reply.
ask() { redis-cli -e --raw -h "$REDIS_HOST" -p "${REDIS_PORT:-6379}" -n "${REDIS_DB:-0}" "$@"; }

after=${2:-}
if [ -z "$after" ]; then
  # `$` would mean another now at each call; what comes between two calls would be lost.
  last=$(ask XREVRANGE "$stream" + - COUNT 1)
  after=$(printf '%s\n' "$last" | head -n 1)
  after=${after:-0}
fi

while :; do
  # A reply is the stream's name, then for each entry its id and its fields, a line for a name and one for a value.
  reply=$(ask XREAD COUNT 100 BLOCK 5000 STREAMS "$stream" "$after") || { sleep 1; continue; }
  [ -n "$reply" ] || continue
  lines=$(printf '%s\n' "$reply" | awk '
    function say() { if (id != "") print id, value["time"], value["type"], value["subject"], value["data"] }
    NR == 1 { next }
    # No field is called like an id, so that entries may have any number of them.
    name == "" && /^[0-9]+-[0-9]+$/ { say(); id = $0; next }
    name == "" { name = $0; next }
    { value[name] = $0; name = "" }
    END { say() }')
  [ -n "$lines" ] || { sleep 1; continue; }
  printf '%s\n' "$lines"
  after=$(printf '%s\n' "$lines" | tail -n 1 | cut -d ' ' -f 1)
done
