-- Gives a name one of the places, in the first lane in which it is wanted. Answers 1, or 0 when there is none left.
-- Places of a lane are shared: whoever has the most gives way to who has fewer.
-- with ../../redis/clock.lua
-- For each lane, the first first, names by the moment until which they are wanted; last, the tenants who have asked for them.
local lanes = KEYS
local askers = table.remove(lanes)
local name = ARGV[1]
local lane = tonumber(ARGV[2])
local places = tonumber(ARGV[3])
local wanted_ms = tonumber(ARGV[4])
local tenant = ARGV[5]

local now = math.floor(now_ms())
local wanted_until = now + wanted_ms
local waiting, found = 0, nil
for i, key in ipairs(lanes) do
  for _, forgotten in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', now)) do
    redis.call('ZREM', key, forgotten)
    redis.call('HDEL', askers, forgotten)
  end
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

-- The name that gives way in the lane: the one that came last of the tenant with the most, if that has two more than this one.
local function one_of_the_most()
  local counts, last_of, most = {}, {}, nil
  local names = redis.call('ZRANGE', lanes[lane], 0, -1)
  for _, other in ipairs(names) do
    local owner = redis.call('HGET', askers, other)
    if owner then
      counts[owner] = (counts[owner] or 0) + 1
      last_of[owner] = other
      if not most or counts[owner] > counts[most] then most = owner end
    end
  end
  if most and counts[most] > (counts[tenant] or 0) + 1 then return last_of[most] end
end

if waiting >= places then
  -- For somebody logged in, who is in the first lane, whoever is least in a hurry gives way.
  local last = #lanes
  while last > 1 and redis.call('ZCARD', lanes[last]) == 0 do last = last - 1 end
  local leaving
  if lane == 1 and last > 1 then
    leaving = redis.call('ZPOPMAX', lanes[last])[1]
  else
    leaving = tenant ~= '' and one_of_the_most()
    if not leaving then return 0 end
    redis.call('ZREM', lanes[lane], leaving)
  end
  redis.call('HDEL', askers, leaving)
end
redis.call('ZADD', lanes[lane], wanted_until, name)
if tenant ~= '' then redis.call('HSET', askers, name, tenant) end
return 1
