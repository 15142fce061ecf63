-- Gives a name one of the places, in the first lane in which it is wanted. Answers 1, or 0 when there is none left.
-- Places of a lane are shared: whoever has the most gives way to who has fewer. The first ones of each lane behind the first are its own.
-- with ../../redis/clock.lua
-- For each lane, the first first, names by the moment until which they are wanted; last, the tenants who have asked for them.
local lanes = KEYS
local askers = table.remove(lanes)
local name = ARGV[1]
local lane = tonumber(ARGV[2])
local places = tonumber(ARGV[3])
local wanted_ms = tonumber(ARGV[4])
local tenant = ARGV[5]
-- All places that there are, and how many of them each lane behind the first has for itself.
local most_places = tonumber(ARGV[6])
local own_places = tonumber(ARGV[7])

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

-- The name that gives way in a lane: the one that came last of the tenant with the most; to another tenant, if that has two more.
local function one_of_the_most(some, newcomer)
  local counts, last_of, most = {}, {}, nil
  local names = redis.call('ZRANGE', lanes[some], 0, -1)
  for _, other in ipairs(names) do
    local owner = redis.call('HGET', askers, other) or ''
    counts[owner] = (counts[owner] or 0) + 1
    last_of[owner] = other
    if owner ~= '' and (not most or counts[owner] > counts[most]) then most = owner end
  end
  local enough = newcomer and (counts[newcomer] or 0) + 1 or 0
  if most and counts[most] > enough then return last_of[most] end
end

local function longest_lane()
  local longest = 1
  for i = 2, #lanes do
    if redis.call('ZCARD', lanes[i]) > redis.call('ZCARD', lanes[longest]) then longest = i end
  end
  return longest
end

-- The last lane that has more than its own, if there is one behind the first.
local function last_with_more()
  for i = #lanes, 2, -1 do
    if redis.call('ZCARD', lanes[i]) > own_places then return i end
  end
end

-- Who gives way for a name for which there is no place, and in which lane; nil: nobody does.
local function leaving_for(has_own_place)
  if has_own_place then
    local from = longest_lane()
    return from, one_of_the_most(from) or redis.call('ZRANGE', lanes[from], -1, -1)[1]
  end
  -- For somebody logged in, who is in the first lane, whoever is least in a hurry does.
  local last = lane == 1 and last_with_more()
  if last then return last, redis.call('ZRANGE', lanes[last], -1, -1)[1] end
  if tenant == '' then return lane, nil end
  return lane, one_of_the_most(lane, tenant)
end

local has_own_place = lane > 1 and redis.call('ZCARD', lanes[lane]) < own_places
if has_own_place then places = most_places end
if waiting >= places then
  local from, leaving = leaving_for(has_own_place)
  if not leaving then return 0 end
  redis.call('ZREM', lanes[from], leaving)
  redis.call('HDEL', askers, leaving)
end
redis.call('ZADD', lanes[lane], wanted_until, name)
if tenant ~= '' then redis.call('HSET', askers, name, tenant) end
return 1
