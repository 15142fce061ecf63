-- For how long the provider has asked for silence; a rest for ever, or for longer than any may be, is none.
local function rest_ms(rest)
  local ms = redis.call('PTTL', rest)
  if ms == -1 or ms > 60000 then
    redis.call('DEL', rest)
    return 0
  end
  return math.max(ms, 0)
end

