-- Answers 1 while a name is wanted, else 0.
-- with ../../redis/clock.lua
local lanes = KEYS
local name = ARGV[1]

local now = math.floor(now_ms())
for _, key in ipairs(lanes) do
  local wanted_until = redis.call('ZSCORE', key, name)
  if wanted_until and tonumber(wanted_until) > now then return 1 end
end
return 0
