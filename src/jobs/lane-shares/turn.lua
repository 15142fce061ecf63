-- Notes a call made for a lane: it was one more ahead of each lane behind in which somebody waits. Where there have been as many as
-- may be since that lane's own last one, its first job comes next, as if somebody of the first lane had joined it.
local prioritized = KEYS[1]
local turns = KEYS[2]
local jobs = ARGV[1]
local lane = tonumber(ARGV[2])
local last_lane = tonumber(ARGV[3])
local per_lane = tonumber(ARGV[4])
local most_ahead = tonumber(ARGV[5])

local function first_in(some)
  local from, to = string.format('%.0f', some * per_lane), string.format('(%.0f', (some + 1) * per_lane)
  return redis.call('ZRANGEBYSCORE', prioritized, from, to, 'LIMIT', 0, 1)[1]
end

redis.call('HDEL', turns, lane)
for behind = lane + 1, last_lane do
  local first = first_in(behind)
  if not first then
    redis.call('HDEL', turns, behind)
  elseif redis.call('HINCRBY', turns, behind, 1) >= most_ahead then
    redis.call('HDEL', turns, behind)
    -- In front of all places, the oldest first; and to there it comes back when no call is left for it. It keeps whose turn it came by.
    redis.call('ZADD', prioritized, 0, first)
    redis.call('HSET', jobs .. first, 'priority', 0, 'turnOf', behind)
  end
end
return 1
