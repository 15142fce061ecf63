-- Gives a job its tenant's next place in a lane, unless it stands there or before already. Answers whether it has moved.
-- with ../shares/rounds.lua
local waiting = KEYS[1]
local prioritized = KEYS[2]
local shares = KEYS[3]
local job = KEYS[4]
local id = ARGV[1]
local lane = tonumber(ARGV[2])
local is_new = ARGV[3] == '1'
local tenant = ARGV[4]
local weights = cjson.decode(ARGV[5])
local from = tonumber(ARGV[6])
local to = tonumber(ARGV[7])
local per_round = tonumber(ARGV[8])

local score = tonumber(redis.call('ZSCORE', prioritized, id) or '')
-- BullMQ has put a new one in front of all; what somebody else has asked for and stands there is left where it is.
if not score and not (is_new and redis.call('LREM', waiting, 1, id) > 0) then return 0 end
local round = round_now(prioritized, shares, from, to, per_round)
local next_round, next_of = open_shares(shares, round, (to - from) / per_round - 1, weights)
local first = from + next_round(tenant) * per_round
if score and not is_new and score < first + per_round then return 0 end
-- Within a round, first come is first served; so few wait at all that a round holds them.
local arrival = redis.call('ZCOUNT', prioritized, in_full(first), '(' .. in_full(first + per_round))
redis.call('ZADD', prioritized, in_full(first + arrival), id)
redis.call('HSET', job, 'priority', lane)
redis.call('ZADD', shares, next_of[tenant], tenant)
return 1
