-- Gives those who wait without a place theirs, in the order in which they came. Answers how many wait in all.
-- with rounds.lua
local waiting = KEYS[1]
local prioritized = KEYS[2]
local shares = KEYS[3]
local jobs = ARGV[1]
local from = tonumber(ARGV[2])
local to = tonumber(ARGV[3])
local per_round = tonumber(ARGV[4])
local weights = cjson.decode(ARGV[5])
local own_tenant = ARGV[6]
local most = tonumber(ARGV[7])

local unplaced = redis.call('ZRANGEBYSCORE', prioritized, in_full(to), '+inf', 'WITHSCORES', 'LIMIT', 0, most)
if #unplaced > 0 then
  local round = round_now(prioritized, shares, from, to, per_round)
  local next_round, next_of = open_shares(shares, round, (to - from) / per_round - 1, weights)
  for place = 1, #unplaced, 2 do
    local id = unplaced[place]
    local data = redis.call('HGET', jobs .. id, 'data')
    local tenant = data and string.match(data, '"tenant":"([^"\\]+)"}$') or own_tenant
    -- BullMQ counts who comes; within a round, first come is first served.
    local arrival = (tonumber(unplaced[place + 1]) - to) % per_round
    redis.call('ZADD', prioritized, in_full(from + next_round(tenant) * per_round + arrival), id)
    -- Whoever begins and has to wait for the queue goes back to the front.
    if data then redis.call('HSET', jobs .. id, 'priority', 1) end
  end
  for tenant, start in pairs(next_of) do redis.call('ZADD', shares, start, tenant) end
end
return redis.call('LLEN', waiting) + redis.call('ZCARD', prioritized)
