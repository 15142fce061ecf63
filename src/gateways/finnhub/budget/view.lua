-- Tells the state, and takes nothing.
-- with ../../../redis/clock.lua
-- with kept.lua
-- with rest.lua
local log = KEYS[1]
local people = KEYS[2]
local rest = KEYS[3]
local refused = KEYS[4]
local window_ms = tonumber(ARGV[1])
-- The most calls that are kept for people, of the window and of a second.
local most_of_window = tonumber(ARGV[2])
local most_of_second = tonumber(ARGV[3])

local now = now_ms()
return {
  tostring(now),
  redis.call('ZRANGEBYSCORE', log, now - window_ms, '+inf', 'WITHSCORES'),
  kept(people, most_of_window, window_ms, now),
  kept(people, most_of_second, 1000, now),
  rest_ms(rest),
  redis.call('GET', refused) or '',
}
