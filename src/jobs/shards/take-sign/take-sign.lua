-- Takes away the sign that there are jobs, where none waits and none will; answers whether it did.
local waiting = KEYS[1]
local prioritized = KEYS[2]
local delayed = KEYS[3]
local marker = KEYS[4]

local left = redis.call('LLEN', waiting) + redis.call('ZCARD', prioritized) + redis.call('ZCARD', delayed)
if left > 0 then return 0 end
redis.call('ZREM', marker, '0')
return 1
