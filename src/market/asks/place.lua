-- Answers the place of the lane in which a name is wanted, 1 for the first, or 0 when nobody wants it.
-- with ../../redis/clock.lua
local lanes = KEYS
local name = ARGV[1]

local now = math.floor(now_ms())
for place, key in ipairs(lanes) do
  local wanted_until = redis.call('ZSCORE', key, name)
  if wanted_until and tonumber(wanted_until) > now then return place end
end
return 0
