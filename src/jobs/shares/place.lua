-- Gives those who wait without a place theirs, in the order in which they came; none is needed as long as all belong to one tenant.
-- Answers how many wait in all, and how many still without a place.
-- with rounds.lua
local waiting = KEYS[1]
local prioritized = KEYS[2]
local shares = KEYS[3]
local alone = KEYS[4]
local jobs = ARGV[1]
local from = tonumber(ARGV[2])
local to = tonumber(ARGV[3])
local per_round = tonumber(ARGV[4])
local weights = cjson.decode(ARGV[5])
local own_tenant = ARGV[6]
local most = tonumber(ARGV[7])
local tenant_added = ARGV[8]
local added = tonumber(ARGV[9])

local function answer(left)
  return { redis.call('LLEN', waiting) + redis.call('ZCARD', prioritized), left }
end

local function tenant_of(id)
  local data = redis.call('HGET', jobs .. id, 'data')
  return data and (string.match(data, '"tenant":"([^"\\]+)"}$') or own_tenant)
end

-- Those without a place that are not this tenant's, of the last ones: it has been alone until then.
local function newcomers(tenant)
  local found = {}
  local last = redis.call('ZREVRANGEBYSCORE', prioritized, '+inf', in_full(to), 'WITHSCORES', 'LIMIT', 0, most)
  for place = #last - 1, 1, -2 do
    if tenant_of(last[place]) ~= tenant then
      table.insert(found, last[place])
      table.insert(found, last[place + 1])
    end
  end
  return found
end

local unplaced = redis.call('ZCOUNT', prioritized, in_full(to), '+inf')
if unplaced == 0 then return answer(0) end
local only = redis.call('GET', alone)
local first = {}
if redis.call('ZCOUNT', prioritized, in_full(from), '(' .. in_full(to)) == 0 then
  if tenant_added ~= '' and (only == tenant_added or unplaced <= added) then
    redis.call('SET', alone, tenant_added)
    return answer(0)
  end
  first = only and newcomers(only) or {}
  if only and #first == 0 then return answer(0) end
end
redis.call('DEL', alone)

local round = round_now(prioritized, shares, from, to, per_round)
local next_round, next_of = open_shares(shares, round, (to - from) / per_round - 1, weights)
local function place_all(some)
  for place = 1, #some, 2 do
    local id = some[place]
    local tenant = tenant_of(id)
    -- BullMQ counts who comes; within a round, first come is first served.
    local arrival = (tonumber(some[place + 1]) - to) % per_round
    redis.call('ZADD', prioritized, in_full(from + next_round(tenant or own_tenant) * per_round + arrival), id)
    -- Whoever begins and has to wait for the queue goes back to the front.
    if tenant then redis.call('HSET', jobs .. id, 'priority', 1) end
  end
end
place_all(first)
place_all(redis.call('ZRANGEBYSCORE', prioritized, in_full(to), '+inf', 'WITHSCORES', 'LIMIT', 0, most))
for tenant, start in pairs(next_of) do redis.call('ZADD', shares, start, tenant) end
return answer(redis.call('ZCOUNT', prioritized, in_full(to), '+inf'))
