-- Gives a name one of the places, in the first lane in which it is wanted. Answers 1, or 0 when there is none left.
-- Places of a lane are shared: whoever has the most gives way to who has fewer. The first ones of each lane behind the first are its own,
-- but that nobody logged in who has no more than so many is refused, or gives way, because of them.
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
    -- From now on it is one of the places of whoever has brought it forward.
    if tenant ~= '' then redis.call('HSET', askers, name, tenant) end
  end
  redis.call('ZADD', lanes[found], wanted_until, name)
  return 1
end

-- How many names of a lane each tenant has, which of them came last, and who has the most; those of nobody count for nobody.
local function owned_in(some)
  local counts, last_of, most = {}, {}, nil
  for _, other in ipairs(redis.call('ZRANGE', lanes[some], 0, -1)) do
    local owner = redis.call('HGET', askers, other)
    if owner then
      counts[owner] = (counts[owner] or 0) + 1
      last_of[owner] = other
      if not most or counts[owner] > counts[most] then most = owner end
    end
  end
  return counts, last_of, most
end

-- The name that gives way in a lane: the one that came last of the tenant with the most, if that has more than so many.
local function one_of_the_most(some, enough)
  local counts, last_of, most = owned_in(some)
  if most and counts[most] > enough then return last_of[most] end
end

local function last_name(some) return redis.call('ZRANGE', lanes[some], -1, -1)[1] end

local function longest_lane(from)
  local longest = from
  for i = from + 1, #lanes do
    if redis.call('ZCARD', lanes[i]) > redis.call('ZCARD', lanes[longest]) then longest = i end
  end
  return longest
end

-- The last lane that has more names than so many, if there is one behind the first.
local function last_with_more(enough)
  for i = #lanes, 2, -1 do
    if redis.call('ZCARD', lanes[i]) > enough then return i end
  end
end

-- For a lane's own place: whoever has the most in the longest lane. Of the first, only who has more there than such a lane.
local function leaving_for_own_place()
  local from = longest_lane(1)
  local greedy = from == 1 and one_of_the_most(1, own_places)
  if greedy then return 1, greedy end
  if from == 1 then from = longest_lane(2) end
  if redis.call('ZCARD', lanes[from]) > own_places then return from, one_of_the_most(from, 0) or last_name(from) end
end

-- For somebody logged in, who is in the first lane: whoever is least in a hurry. Of the places that a lane behind has for itself
-- only one who has fewer in the first lane than those are, and if nobody there has more: few are never refused because of strangers.
local function leaving_for_first_lane()
  local last = last_with_more(own_places)
  if last then return last, last_name(last) end
  local owned = tenant ~= '' and owned_in(1)[tenant] or 0
  if owned < own_places then
    local greedy = tenant ~= '' and one_of_the_most(1, own_places)
    if greedy then return 1, greedy end
    last = last_with_more(0)
    if last then return last, last_name(last) end
  end
  if tenant ~= '' then return 1, one_of_the_most(1, owned + 1) end
end

-- Who gives way for a name for which there is no place, and in which lane; nil: nobody does.
local function leaving_for(has_own_place)
  if has_own_place then
    local from, leaving = leaving_for_own_place()
    if leaving then return from, leaving end
  end
  if lane == 1 then return leaving_for_first_lane() end
  if tenant ~= '' then return lane, one_of_the_most(lane, (owned_in(lane)[tenant] or 0) + 1) end
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
