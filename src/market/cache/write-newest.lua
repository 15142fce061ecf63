-- Keeps a copy unless there is one observed later. What has not a copy's shape, or comes from the future, gives way.
local copy = KEYS[1]
local observed_at_ms = tonumber(ARGV[1])
local value = ARGV[2]
local kept_seconds = ARGV[3]
local latest_ms = tonumber(ARGV[4])

local old = redis.call('TYPE', copy).ok == 'string' and redis.call('GET', copy) or ''
local old_ms = tonumber(string.match(old, '^(%d+)|%x%x%x%x%x%x%x%x|{'))
if old_ms and old_ms > observed_at_ms and old_ms <= latest_ms then return 0 end
redis.call('SET', copy, value, 'EX', kept_seconds)
return 1
