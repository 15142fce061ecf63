-- Counts a call without an answer. Answers how long to rest, ms; 0 while it may have been chance.
local open = KEYS[1]
local probe = KEYS[2]
local failures = KEYS[3]
local probe_ms = ARGV[1]
local failures_in_a_row = tonumber(ARGV[2])
local remembered_ms = ARGV[3]

local count = redis.call('INCR', failures)
redis.call('PEXPIRE', failures, remembered_ms)
if count < failures_in_a_row and redis.call('EXISTS', open) == 0 then return 0 end
redis.call('SET', open, '1', 'PX', remembered_ms)
redis.call('SET', probe, '1', 'NX', 'PX', probe_ms)
return math.max(1, redis.call('PTTL', probe))
