-- Leaves the upstream alone for so long. Who is told to wait may have been overtaken by one who was told to wait longer.
local open = KEYS[1]
local probe = KEYS[2]
local rest = KEYS[3]
local wait_ms = tonumber(ARGV[1])
local remembered_ms = tonumber(ARGV[2])

if redis.call('PTTL', rest) < wait_ms then redis.call('SET', rest, '1', 'PX', wait_ms) end
redis.call('SET', open, '1', 'PX', wait_ms + remembered_ms)
return redis.call('DEL', probe)
