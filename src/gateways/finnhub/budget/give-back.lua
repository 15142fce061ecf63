-- Takes a grant back that was not used, and its probe with it.
local log = KEYS[1]
local probe = KEYS[2]
local people = KEYS[3]
local id = ARGV[1]

redis.call('ZREM', log, id)
redis.call('ZREM', people, id)
if redis.call('GET', probe) == id then redis.call('DEL', probe) end
return 1
