-- Gives a name's place back.
local lanes = KEYS
local name = ARGV[1]

for _, key in ipairs(lanes) do redis.call('ZREM', key, name) end
return 1
