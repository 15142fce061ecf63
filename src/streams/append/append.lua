-- Appends events of the log to their stream, each at its own place. Answers the position at which the stream ends then, or
-- 'behind' when something that stands before them in the log is not in the stream.
-- with ../../redis/from.lua
local stream = KEYS[1]
local end_key = KEYS[2]
local max_length = tonumber(ARGV[1])
-- Where the event before them stands, if there is any.
local previous = tonumber(ARGV[2])
-- Of each event in turn: position, milliseconds, and the eight fields by these names.
local events = from(ARGV, 3)
local names = {'id', 'type', 'version', 'schema', 'time', 'subject', 'data', 'trace'}

-- The end is known as long as the stream is there: whoever deletes a stream has it built again.
local last = redis.call('EXISTS', stream) == 1 and tonumber(redis.call('GET', end_key) or nil)
if last and last < (previous or tonumber(events[1])) or not last and previous then return 'behind' end

local step = #names + 2
for first = 1, #events, step do
  local position = events[first]
  if not last or tonumber(position) > last then
    local entry = {}
    for index, name in ipairs(names) do
      local value = events[first + 1 + index]
      if value ~= '' then
        entry[#entry + 1] = name
        entry[#entry + 1] = value
      end
    end
    redis.call('XADD', stream, 'MAXLEN', '~', max_length, events[first + 1] .. '-' .. position, unpack(entry))
    redis.call('SET', end_key, position)
  end
end
return redis.call('GET', end_key)
