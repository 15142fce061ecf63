-- Redis's own clock, the one that all processes have in common: milliseconds with a fraction.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + time[2] / 1000
end
