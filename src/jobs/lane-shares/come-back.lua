-- Gives a job that BullMQ has put back in front of all its place among those that come back: the one that was asked for first is first.
local waiting = KEYS[1]
local prioritized = KEYS[2]
local id = ARGV[1]

-- Somebody may have taken it up meanwhile. Of one score, ids stand in order, and they begin with their time.
if redis.call('LREM', waiting, -1, id) > 0 then redis.call('ZADD', prioritized, 0, id) end
return 1
