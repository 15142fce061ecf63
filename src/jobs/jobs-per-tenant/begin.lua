-- Lets a job of a tenant begin unless as many of the tenant's as may be are under way; else it is held until one of them ends.
-- Answers 0, or how many are held then.
-- with ../../redis/clock.lua
local under_way = KEYS[1]
local held = KEYS[2]
local id = ARGV[1]
local most = tonumber(ARGV[2])
local lease_ms = tonumber(ARGV[3])

local at = now_ms()
-- What a process that died had under way is not counted for ever.
redis.call('ZREMRANGEBYSCORE', under_way, '-inf', at)
if redis.call('ZSCORE', under_way, id) or redis.call('ZCARD', under_way) < most then
  redis.call('ZADD', under_way, at + lease_ms, id)
  redis.call('ZREM', held, id)
  redis.call('PEXPIRE', under_way, lease_ms)
  return 0
end
-- Whoever comes back keeps their place.
redis.call('ZADD', held, 'NX', at, id)
return redis.call('ZCARD', held)
