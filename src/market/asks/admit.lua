-- Gives a name one of the places, in the first lane in which it is wanted. Answers 1, or 0 when there is none left.
-- with ../../redis/clock.lua
-- For each lane, the first first, names by the moment until which they are wanted.
local lanes = KEYS
local name = ARGV[1]
local lane = tonumber(ARGV[2])
local places = tonumber(ARGV[3])
local wanted_ms = tonumber(ARGV[4])

local now = math.floor(now_ms())
local wanted_until = now + wanted_ms
local waiting, found = 0, nil
for i, key in ipairs(lanes) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  waiting = waiting + redis.call('ZCARD', key)
  if redis.call('ZSCORE', key, name) then found = i end
end
if found then
  if found > lane then
    redis.call('ZREM', lanes[found], name)
    found = lane
  end
  redis.call('ZADD', lanes[found], wanted_until, name)
  return 1
end
if waiting >= places then
  -- For somebody logged in, who is in the first lane, whoever is least in a hurry gives way.
  if lane > 1 then return 0 end
  local last = #lanes
  while last > 1 and redis.call('ZCARD', lanes[last]) == 0 do last = last - 1 end
  if last == 1 then return 0 end
  redis.call('ZPOPMAX', lanes[last])
end
redis.call('ZADD', lanes[lane], wanted_until, name)
return 1
