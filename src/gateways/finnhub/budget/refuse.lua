-- Notes a refusal: nobody calls for so long.
-- with ../../../redis/clock.lua
local rest = KEYS[1]
local refused = KEYS[2]
local rest_ms = ARGV[1]
local told_for_ms = ARGV[2]

if redis.call('PTTL', rest) < tonumber(rest_ms) then redis.call('SET', rest, '1', 'PX', rest_ms) end
redis.call('SET', refused, math.floor(now_ms()) .. ':' .. rest_ms, 'PX', told_for_ms)
return 1
