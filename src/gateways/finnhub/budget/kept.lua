-- What people have used and a window has forgotten stays theirs for a sixth of it: up to `most`, less what they have
-- used since.
local function kept(people, most, ms, now)
  local freed = redis.call('ZCOUNT', people, now - ms * 7 / 6, '(' .. (now - ms))
  local since = redis.call('ZCOUNT', people, now - ms / 6, '+inf')
  return math.max(0, math.min(math.floor(most), freed) - since)
end

