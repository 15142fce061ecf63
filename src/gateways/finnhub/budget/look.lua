-- Looks at the log to remember it. Answers as take.lua does, and grants nothing.
-- with ../../../redis/clock.lua
local log = KEYS[1]
local epoch = KEYS[2]
local since = KEYS[3]
local known_epoch = ARGV[1]

local current = redis.call('GET', epoch)
if not current then redis.call('SET', since, now_ms(), 'NX', 'PX', 600000) end
if (current or 'unknown') ~= known_epoch then return {'restore', current or ''} end
return {'wait', '0', redis.call('ZRANGE', log, 0, -1, 'WITHSCORES')}
