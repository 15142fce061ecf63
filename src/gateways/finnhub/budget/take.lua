-- Grants a call or names the wait. Answers `restore` (the log was lost, or belongs to another epoch than the caller's
-- memory) and the epoch, or `wait` or `go`, the wait in ms, and the log.
-- with ../../../redis/clock.lua
-- with kept.lua
-- with rest.lua
local log = KEYS[1]
local epoch = KEYS[2]
local probe = KEYS[3]
local since = KEYS[4]
local people = KEYS[5]
local waiting = KEYS[6]
local pace = KEYS[7]
local rest = KEYS[8]
local id = ARGV[1]
local known_epoch = ARGV[2]
local probe_ms = tonumber(ARGV[3])
local probe_pause_ms = tonumber(ARGV[4])
local per_window = tonumber(ARGV[5])
local window_ms = tonumber(ARGV[6])
local per_second = tonumber(ARGV[7])
-- The part of both windows that is kept for people.
local reserved = tonumber(ARGV[8])
-- Between two calls in the background when the window is full, and by how much the second may be early.
local pace_ms = tonumber(ARGV[9])
local early_ms = tonumber(ARGV[10])
-- For others to put back what they remember, after the log was lost; and what the caller waits for itself.
local hold_ms = tonumber(ARGV[11])
local own_hold_ms = tonumber(ARGV[12])
local is_background = ARGV[13] == '1'
-- By when a call has arrived of which nobody tells.
local arrives_ms = tonumber(ARGV[14])

local now = now_ms()
local current = redis.call('GET', epoch)
if (current or 'unknown') ~= known_epoch then return {'restore', current or ''} end
redis.call('ZREMRANGEBYSCORE', log, '-inf', now - window_ms)

local function wait_for(count, limit, ms)
  if count < limit then return 0 end
  local freed = redis.call('ZREVRANGE', log, limit - 1, limit - 1, 'WITHSCORES')
  -- What is under way may be heard of at any moment.
  return math.max(0, math.ceil(math.min(tonumber(freed[2]), now) + ms - now))
end

local in_window = redis.call('ZCARD', log)
local in_second = redis.call('ZCOUNT', log, now - 1000, '+inf')
local wait = math.max(
  own_hold_ms,
  rest_ms(rest),
  wait_for(in_window, per_window, window_ms),
  wait_for(in_second, per_second, 1000)
)
if not current then redis.call('SET', since, now, 'NX', 'PX', 600000) end
wait = math.max(wait, math.ceil(tonumber(redis.call('GET', since) or 0) + hold_ms - now))
local is_for_all = wait > 0
if wait == 0 and is_background then
  local ahead = tonumber(redis.call('GET', pace) or 0) - now - early_ms
  wait = math.max(
    0,
    redis.call('PTTL', waiting),
    math.ceil(ahead),
    wait_for(in_window, per_window - kept(people, per_window * reserved, window_ms, now), window_ms),
    wait_for(in_second, per_second - kept(people, per_second * reserved, 1000, now), 1000)
  )
end
if wait == 0 and not current and not redis.call('SET', probe, id, 'NX', 'PX', probe_ms) then
  wait, is_for_all = probe_pause_ms, true
end
if wait == 0 then
  redis.call('ZADD', log, now + arrives_ms, id)
  redis.call('PEXPIRE', log, window_ms * 2)
end
if is_background then
  if wait == 0 then
    -- The emptier the window, the faster: so it fills, and stays evenly filled.
    local due = math.max(now, tonumber(redis.call('GET', pace) or 0)) + pace_ms * in_window / per_window
    redis.call('SET', pace, due, 'PX', window_ms * 2)
  end
elseif wait == 0 then
  redis.call('DEL', waiting)
  redis.call('ZREMRANGEBYSCORE', people, '-inf', now - 2 * window_ms)
  redis.call('ZADD', people, now, id)
  redis.call('PEXPIRE', people, window_ms * 2)
else
  redis.call('SET', waiting, id, 'PX', wait + 1000)
end
-- Only the background has to wait: the queue looks again soon, so that people are not held up by it.
if wait > 0 and not is_for_all then wait = math.min(wait, 250) end
return {wait > 0 and 'wait' or 'go', tostring(wait), redis.call('ZRANGE', log, 0, -1, 'WITHSCORES')}
