-- How long one who wants to call has to rest, ms: 0 when all is well, -1 when the call is allowed and its answer matters.
local open = KEYS[1]
local probe = KEYS[2]
local failures = KEYS[3]
local rest = KEYS[4]
local probe_ms = ARGV[1]

local rest_ms = redis.call('PTTL', rest)
if rest_ms > 0 then return rest_ms end
if redis.call('EXISTS', open) == 0 then return -redis.call('EXISTS', failures) end
if redis.call('SET', probe, '1', 'NX', 'PX', probe_ms) then return -1 end
return math.max(1, redis.call('PTTL', probe))
