-- Gives a name's place back.
local lanes = KEYS
local askers = table.remove(lanes)
local name = ARGV[1]

for _, key in ipairs(lanes) do redis.call('ZREM', key, name) end
redis.call('HDEL', askers, name)
return 1
