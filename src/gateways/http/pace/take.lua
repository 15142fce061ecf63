-- Gives the next call its turn. Answers whether it is granted, the wait in ms, and when the call after it is due.
-- with ../../../redis/clock.lua
-- with next-call.lua
-- When the next call is due.
local call = KEYS[1]
local apart_ms = tonumber(ARGV[1])
local longest_ms = tonumber(ARGV[2])
-- The next call as the caller has been told it, and how far from now that may be.
local known = tonumber(ARGV[3])
local believed_ms = tonumber(ARGV[4])

local now = now_ms()
local due, told = next_call(now, call, known, believed_ms)
if due - now > longest_ms then return {0, tostring(due - now), tostring(told)} end
local next = due + apart_ms
redis.call('SET', call, tostring(next), 'PX', math.ceil(next - now) + 1000)
return {1, tostring(due - now), tostring(next)}
