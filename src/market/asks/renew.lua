-- Lets a name that has a place keep it for longer.
-- with ../../redis/clock.lua
local lanes = KEYS
local name = ARGV[1]
local wanted_ms = tonumber(ARGV[2])

local wanted_until = math.floor(now_ms()) + wanted_ms
for _, key in ipairs(lanes) do redis.call('ZADD', key, 'XX', wanted_until, name) end
return 1
