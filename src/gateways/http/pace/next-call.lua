-- When the next call is due, and what the caller has been told of that: what is too far from now was told by another
-- Redis' clock.
local function next_call(now, call, known, believed_ms)
  if known > now + believed_ms then known = 0 end
  return math.max(now, known, tonumber(redis.call('GET', call) or 0)), known
end
