-- Gives the turn by which a job has come to the next of its lane, after one more call. Answers whether it has come by one.
local turns = KEYS[1]
local job = KEYS[2]
local most_ahead = tonumber(ARGV[1])

local lane = redis.call('HGET', job, 'turnOf')
if not lane then return 0 end
redis.call('HDEL', job, 'turnOf')
redis.call('HSET', turns, lane, most_ahead - 1)
return 1
