-- Answers which run of Redis this key's server is, and which was last said to hold everything.
local mark = KEYS[1]

return {string.match(redis.call('INFO', 'server'), 'run_id:(%w+)'), redis.call('GET', mark) or ''}
