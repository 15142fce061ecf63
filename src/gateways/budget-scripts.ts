// Redis's clock, in milliseconds with a fraction, is the only one used. KEYS: log, epoch, probe.
const now = `local t = redis.call('TIME'); local now = t[1] * 1000 + t[2] / 1000\n`;

/**
 * Grants a call or names the wait. ARGV: id, epoch known, probe ms, probe pause ms, calls a window, window ms, calls a
 * second. Answers `restore` (the log was lost, or belongs to another epoch than the caller's memory), `wait` or `go`.
 */
export const takeScript = `${now}
local epoch = redis.call('GET', KEYS[2])
if (epoch or 'unknown') ~= ARGV[2] then return {'restore', epoch or ''} end
local perWindow, windowMs, perSecond = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - windowMs)
local wait = 0
local function atMost(count, limit, ms)
  if count < limit then return end
  local freed = redis.call('ZREVRANGE', KEYS[1], limit - 1, limit - 1, 'WITHSCORES')
  wait = math.max(wait, math.ceil(tonumber(freed[2]) + ms - now))
end
atMost(redis.call('ZCARD', KEYS[1]), perWindow, windowMs)
atMost(redis.call('ZCOUNT', KEYS[1], now - 1000, '+inf'), perSecond, 1000)
if wait == 0 and not epoch and not redis.call('SET', KEYS[3], ARGV[1], 'NX', 'PX', ARGV[3]) then
  wait = tonumber(ARGV[4])
end
if wait == 0 then
  redis.call('ZADD', KEYS[1], now, ARGV[1])
  redis.call('PEXPIRE', KEYS[1], windowMs * 2)
end
return {wait > 0 and 'wait' or 'go', tostring(math.max(wait, 0)), redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')}`;

/** Puts a process's memory of the log back. KEYS: log. ARGV: window ms, then member and score in turn. */
export const restoreScript = `${now}
for i = 2, #ARGV, 2 do
  if tonumber(ARGV[i + 1]) > now - tonumber(ARGV[1]) then redis.call('ZADD', KEYS[1], 'GT', ARGV[i + 1], ARGV[i]) end
end
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[1]) * 2)
return 1`;

/** Takes a grant back that was not used, and its probe with it. KEYS: log, epoch, probe. ARGV: id. */
export const giveBackScript = `
redis.call('ZREM', KEYS[1], ARGV[1])
if redis.call('GET', KEYS[3]) == ARGV[1] then redis.call('DEL', KEYS[3]) end
return 1`;

/**
 * Notes that a call has arrived by now, and learns what the provider has counted: calls of which the log knows nothing
 * are entered as if made now. ARGV: id, calls used (-1: nothing was said), new epoch, window ms, and 1 when the calls used are not the
 * provider's word but the most there can have been, which matters only while no epoch tells that the log is complete.
 */
export const settleScript = `${now}
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[4]) * 2)
if redis.call('GET', KEYS[3]) == ARGV[1] then redis.call('DEL', KEYS[3]) end
local used = tonumber(ARGV[2])
if used < 0 or (ARGV[5] == '1' and redis.call('EXISTS', KEYS[2]) == 1) then return 0 end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[4]))
for i = redis.call('ZCARD', KEYS[1]) + 1, used do redis.call('ZADD', KEYS[1], now, ARGV[3] .. ':' .. i) end
redis.call('SET', KEYS[2], ARGV[3], 'NX')
return 1`;
