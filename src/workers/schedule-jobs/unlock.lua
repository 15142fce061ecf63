-- Ends a lock that is still the caller's.
local lock = KEYS[1]
local token = ARGV[1]

if redis.call('GET', lock) == token then redis.call('DEL', lock) end
return 1
