-- Puts a process's memory of the log back.
-- with ../../../redis/clock.lua
-- with ../../../redis/from.lua
local log = KEYS[1]
local window_ms = tonumber(ARGV[1])
-- Members and their scores in turn.
local remembered = from(ARGV, 2)

local now = now_ms()
for i = 1, #remembered, 2 do
  local member, score = remembered[i], remembered[i + 1]
  if tonumber(score) > now - window_ms then redis.call('ZADD', log, 'GT', score, member) end
end
redis.call('PEXPIRE', log, window_ms * 2)
return 1
