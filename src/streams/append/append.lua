-- Appends events of the log to their stream, each at its own place. Answers the position at which the stream ends then, or
-- 'behind' when something that stands before them in the log is not in the stream. A stream that has other events in their places
-- holds what the log has lost: it goes, and is built again.
-- with ../../redis/from.lua
local stream = KEYS[1]
local end_key = KEYS[2]
local max_length = tonumber(ARGV[1])
-- Where the event before them stands, if there is any.
local previous = tonumber(ARGV[2])
-- Whether what is before them in the log is left out of a stream that begins with them.
local is_cut = ARGV[3] == '1'
-- Of each event in turn: position, milliseconds, and the eight fields by these names.
local events = from(ARGV, 4)
local names = {'id', 'type', 'version', 'schema', 'time', 'subject', 'data', 'trace'}

-- The end is known as long as the stream is there: whoever deletes a stream has it built again.
local last = redis.call('EXISTS', stream) == 1 and tonumber(redis.call('GET', end_key) or nil)
if last and last < (previous or tonumber(events[1])) or not last and previous then return 'behind' end

-- Whether the entry is there, or none from before it any more: then it may have been trimmed.
local function was_appended(id)
  local found = redis.call('XREVRANGE', stream, id, '-', 'COUNT', 1)
  return #found == 0 or found[1][1] == id
end

local step = #names + 2
local last_id
for first = 1, #events, step do
  local position = events[first]
  local id = events[first + 1] .. '-' .. position
  if not last or tonumber(position) > last then
    local entry = {}
    for index, name in ipairs(names) do
      local value = events[first + 1 + index]
      if value ~= '' then
        entry[#entry + 1] = name
        entry[#entry + 1] = value
      end
    end
    last_id = redis.call('XADD', stream, 'MAXLEN', '~', max_length, id, unpack(entry))
    redis.call('SET', end_key, position)
  elseif not was_appended(id) then
    redis.call('DEL', stream, end_key)
    return 'behind'
  end
end
-- Redis counts what was ever added: a stream of fewer entries is known to lack its beginning.
if not last and is_cut then
  redis.call('XSETID', stream, last_id, 'ENTRIESADDED', redis.call('XLEN', stream) + 1)
end
return redis.call('GET', end_key)
