-- Says that a job of a tenant is under way no more. Answers who begins instead: of those that are held, those that have waited longest.
-- with ../../redis/clock.lua
local under_way = KEYS[1]
local held = KEYS[2]
local id = ARGV[1]
local most = tonumber(ARGV[2])
local lease_ms = tonumber(ARGV[3])

local at = now_ms()
redis.call('ZREM', under_way, id)
redis.call('ZREM', held, id)
redis.call('ZREMRANGEBYSCORE', under_way, '-inf', at)
local free = most - redis.call('ZCARD', under_way)
if free <= 0 then return {} end
local next = redis.call('ZRANGE', held, 0, free - 1)
for _, other in ipairs(next) do
  redis.call('ZREM', held, other)
  redis.call('ZADD', under_way, at + lease_ms, other)
end
redis.call('PEXPIRE', under_way, lease_ms)
return next
