-- Redis writes numbers out in full, Lua does not.
local function in_full(number)
  return string.format('%.0f', number)
end

-- The round whose turn it is: that of the first job with a place. None has one: nil, and what tenants had is over.
local function round_now(prioritized, shares, from, to, per_round)
  local first = redis.call('ZRANGEBYSCORE', prioritized, in_full(from), '(' .. in_full(to), 'WITHSCORES', 'LIMIT', 0, 1)
  if not first[2] then
    redis.call('DEL', shares)
    return 0
  end
  local round = math.floor((tonumber(first[2]) - from) / per_round)
  redis.call('ZREMRANGEBYSCORE', shares, '-inf', round)
  return round
end

-- Gives out places by shares: a tenant's next job stands `1 / weight` of a round behind its last, and never before this round.
local function open_shares(shares, round, last_round, weights)
  local next_of = {}
  return function(tenant)
    local next_start = next_of[tenant] or tonumber(redis.call('ZSCORE', shares, tenant) or 0)
    local start = math.max(round, next_start)
    next_of[tenant] = start + 1 / (weights[tenant] or 1)
    -- Thirds add up to a little less than one.
    return math.min(math.floor(start + 0.000001), last_round)
  end, next_of
end
