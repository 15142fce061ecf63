-- Lets a conversation begin while there is room for its calls. Answers whether it may, by how much what has begun is
-- ahead in ms, and when the next call is due as far as the caller knows.
-- with ../../../redis/clock.lua
-- with next-call.lua
-- When the next call is due, and when the next conversation is.
local call = KEYS[1]
local begun = KEYS[2]
local apart_ms = tonumber(ARGV[1])
local longest_ms = tonumber(ARGV[2])
-- The next call as the caller has been told it, and how far from now that may be.
local known = tonumber(ARGV[3])
local believed_ms = tonumber(ARGV[4])

local now = now_ms()
local due, told = next_call(now, call, known, believed_ms)
local next_begun = math.max(now, tonumber(redis.call('GET', begun) or 0))
local ahead = math.max(due, next_begun) - now
if ahead > longest_ms then return {0, tostring(ahead), tostring(told)} end
local next = next_begun + apart_ms
redis.call('SET', begun, tostring(next), 'PX', math.ceil(next - now) + 1000)
return {1, tostring(ahead), tostring(told)}
