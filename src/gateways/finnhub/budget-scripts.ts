// Redis's clock, in milliseconds with a fraction, is the only one used.
const now = `local t = redis.call('TIME'); local now = t[1] * 1000 + t[2] / 1000\n`;

// What people have used and a window has forgotten stays theirs for a sixth of it: up to `most`, less what they have used since.
const kept = (people: string) => `
local function kept(most, ms)
  local freed = redis.call('ZCOUNT', ${people}, now - ms * 7 / 6, '(' .. (now - ms))
  local since = redis.call('ZCOUNT', ${people}, now - ms / 6, '+inf')
  return math.max(0, math.min(math.floor(most), freed) - since)
end`;

// What the provider has asked for; one that would last for ever, or for longer than any may, is none.
const restOf = (rest: string) => `
local rest = redis.call('PTTL', ${rest})
if rest == -1 or rest > 60000 then redis.call('DEL', ${rest}) end
if rest > 60000 then rest = 0 end`;

/**
 * Grants a call or names the wait. KEYS: log, epoch, probe, since, people, waiting, pace, rest. ARGV: id, epoch known, probe ms,
 * probe pause ms, calls a window, window ms, calls a second, the part of them kept for people, ms between calls in the
 * background when the window is full, ms by which those may be early, ms for others to remember, ms of the caller's own, 1 in the background.
 * Answers `restore` (the log was lost, or belongs to another epoch than the caller's memory), `wait` or `go`.
 */
export const takeScript = `${now}${kept('KEYS[5]')}
local epoch = redis.call('GET', KEYS[2])
if (epoch or 'unknown') ~= ARGV[2] then return {'restore', epoch or ''} end
local perWindow, windowMs, perSecond, part = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - windowMs)
local function waitFor(count, limit, ms)
  if count < limit then return 0 end
  local freed = redis.call('ZREVRANGE', KEYS[1], limit - 1, limit - 1, 'WITHSCORES')
  return math.max(0, math.ceil(tonumber(freed[2]) + ms - now))
end
local inWindow, inSecond = redis.call('ZCARD', KEYS[1]), redis.call('ZCOUNT', KEYS[1], now - 1000, '+inf')
${restOf('KEYS[8]')}
local wait = math.max(tonumber(ARGV[12]), rest, waitFor(inWindow, perWindow, windowMs), waitFor(inSecond, perSecond, 1000))
if not epoch then redis.call('SET', KEYS[4], now, 'NX', 'PX', 600000) end
wait = math.max(wait, math.ceil(tonumber(redis.call('GET', KEYS[4]) or 0) + tonumber(ARGV[11]) - now))
local isForAll = wait > 0
if wait == 0 and ARGV[13] == '1' then
  local ahead = tonumber(redis.call('GET', KEYS[7]) or 0) - now - tonumber(ARGV[10])
  wait = math.max(0, redis.call('PTTL', KEYS[6]), math.ceil(ahead),
    waitFor(inWindow, perWindow - kept(perWindow * part, windowMs), windowMs),
    waitFor(inSecond, perSecond - kept(perSecond * part, 1000), 1000))
end
if wait == 0 and not epoch and not redis.call('SET', KEYS[3], ARGV[1], 'NX', 'PX', ARGV[3]) then
  wait, isForAll = tonumber(ARGV[4]), true
end
if wait == 0 then
  redis.call('ZADD', KEYS[1], now, ARGV[1])
  redis.call('PEXPIRE', KEYS[1], windowMs * 2)
end
if ARGV[13] == '1' then
  if wait == 0 then
    -- The emptier the window, the faster: so it fills, and stays evenly filled.
    local due = math.max(now, tonumber(redis.call('GET', KEYS[7]) or 0)) + tonumber(ARGV[9]) * inWindow / perWindow
    redis.call('SET', KEYS[7], due, 'PX', windowMs * 2)
  end
elseif wait == 0 then
  redis.call('DEL', KEYS[6])
  redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', now - 2 * windowMs)
  redis.call('ZADD', KEYS[5], now, ARGV[1])
  redis.call('PEXPIRE', KEYS[5], windowMs * 2)
else
  redis.call('SET', KEYS[6], ARGV[1], 'PX', wait + 1000)
end
-- Only the background has to wait: the queue looks again soon, so that people are not held up by it.
if wait > 0 and not isForAll then wait = math.min(wait, 250) end
return {wait > 0 and 'wait' or 'go', tostring(wait), redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')}`;

/** Looks at the log to remember it. KEYS: log, epoch, since. ARGV: epoch known. Answers as {@link takeScript}, and grants nothing. */
export const lookScript = `${now}
local epoch = redis.call('GET', KEYS[2])
if not epoch then redis.call('SET', KEYS[3], now, 'NX', 'PX', 600000) end
if (epoch or 'unknown') ~= ARGV[1] then return {'restore', epoch or ''} end
return {'wait', '0', redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')}`;

/** Puts a process's memory of the log back. KEYS: log. ARGV: window ms, then member and score in turn. */
export const restoreScript = `${now}
for i = 2, #ARGV, 2 do
  if tonumber(ARGV[i + 1]) > now - tonumber(ARGV[1]) then redis.call('ZADD', KEYS[1], 'GT', ARGV[i + 1], ARGV[i]) end
end
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[1]) * 2)
return 1`;

/** Takes a grant back that was not used, and its probe with it. KEYS: log, probe, people. ARGV: id. */
export const giveBackScript = `
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1`;

/**
 * Notes that a call has arrived by now, and learns what the provider has counted: calls of which the log knows nothing
 * are entered as if made now. KEYS: log, epoch, probe, since. ARGV: id, calls used (-1: nothing was said), new epoch, window ms, and 1
 * when the calls used are not the provider's word but the most there can have been, which matters only while no epoch
 * tells that the log is complete.
 */
export const hearScript = `${now}
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[4]) * 2)
if redis.call('GET', KEYS[3]) == ARGV[1] then redis.call('DEL', KEYS[3]) end
local used = tonumber(ARGV[2])
if used < 0 or (ARGV[5] == '1' and redis.call('EXISTS', KEYS[2]) == 1) then return 0 end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[4]))
for i = redis.call('ZCARD', KEYS[1]) + 1, used do redis.call('ZADD', KEYS[1], now, ARGV[3] .. ':' .. i) end
if redis.call('SET', KEYS[2], ARGV[3], 'NX') then redis.call('SET', KEYS[4], now, 'NX', 'PX', 600000) end
return 1`;

/** Notes a refusal: nobody calls for so long. KEYS: rest, refused. ARGV: rest ms, ms for which the refusal is told. */
export const refuseScript = `${now}
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
redis.call('SET', KEYS[2], math.floor(now) .. ':' .. ARGV[1], 'PX', ARGV[2])
return 1`;

/** Tells the state. KEYS: log, people, rest, refused. ARGV: window ms, most calls of it that are kept for people, and of a second. */
export const viewScript = `${now}${kept('KEYS[2]')}${restOf('KEYS[3]')}
local log = redis.call('ZRANGEBYSCORE', KEYS[1], now - tonumber(ARGV[1]), '+inf', 'WITHSCORES')
local inWindow, inSecond = kept(tonumber(ARGV[2]), tonumber(ARGV[1])), kept(tonumber(ARGV[3]), 1000)
return {tostring(now), log, inWindow, inSecond, math.max(rest, 0), redis.call('GET', KEYS[4]) or ''}`;
