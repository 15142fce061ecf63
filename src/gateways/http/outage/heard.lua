-- Forgets the outage. While a rest lasts, an answer is one to what was asked before it, and says nothing of now.
local open = KEYS[1]
local probe = KEYS[2]
local failures = KEYS[3]
local rest = KEYS[4]

if redis.call('EXISTS', rest) == 1 then return 0 end
return redis.call('DEL', open, probe, failures)
