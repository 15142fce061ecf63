-- How it is: failures in a row, whether it is open, and for how long it wants to be left alone, ms.
local open = KEYS[1]
local failures = KEYS[2]
local rest = KEYS[3]

local count = tonumber(redis.call('GET', failures) or '0')
return {count, redis.call('EXISTS', open), math.max(0, redis.call('PTTL', rest))}
