-- Gives the next call its turn. Answers whether it is granted, the wait in ms, and when the call after it is due.
-- with ../../../redis/clock.lua
-- When the next call is due.
local call = KEYS[1]
local apart_ms = tonumber(ARGV[1])
local longest_ms = tonumber(ARGV[2])
-- The next call as the caller has been told it. What is too far from now was told by another Redis' clock.
local known = tonumber(ARGV[3])
local believed_ms = tonumber(ARGV[4])

local now = now_ms()
if known > now + believed_ms then known = 0 end
local due = math.max(now, known, tonumber(redis.call('GET', call) or 0))
if due - now > longest_ms then return {0, tostring(due - now), tostring(known)} end
local next = due + apart_ms
redis.call('SET', call, tostring(next), 'PX', math.ceil(next - now) + 1000)
return {1, tostring(due - now), tostring(next)}
