-- Notes that a call has arrived by now, and learns what the provider has counted: calls of which the log knows nothing
-- are entered as if made now. Answers when it was, by Redis's clock.
-- with ../../../redis/clock.lua
local log = KEYS[1]
local epoch = KEYS[2]
local probe = KEYS[3]
local since = KEYS[4]
local id = ARGV[1]
-- Calls that the provider has counted; -1 when it said nothing.
local used = tonumber(ARGV[2])
local new_epoch = ARGV[3]
local window_ms = tonumber(ARGV[4])
-- The calls used are not the provider's word but the most there can have been, which matters only while no epoch tells
-- that the log is complete.
local is_guess = ARGV[5] == '1'

local now = now_ms()
redis.call('ZADD', log, now, id)
redis.call('PEXPIRE', log, window_ms * 2)
if redis.call('GET', probe) == id then redis.call('DEL', probe) end
if used < 0 or (is_guess and redis.call('EXISTS', epoch) == 1) then return tostring(now) end
redis.call('ZREMRANGEBYSCORE', log, '-inf', now - window_ms)
for i = redis.call('ZCARD', log) + 1, used do redis.call('ZADD', log, now, new_epoch .. ':' .. i) end
if redis.call('SET', epoch, new_epoch, 'NX') then redis.call('SET', since, now, 'NX', 'PX', 600000) end
return tostring(now)
