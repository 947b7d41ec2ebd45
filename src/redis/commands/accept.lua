-- The agent took the call: from now on only its end frees him.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  call · ARGV[5] token
-- returns  JSON {valid}; false: the token is old and nothing changed
-- cost     O(log n), n = agents with something due
-- @include domain
-- @include queue
-- @include agents
-- @include offers
local call, token = ARGV[4], ARGV[5]
local known = redis.call('HMGET', callKey(call), 'token', 'agent')

reply.valid = known[1] == token
if reply.valid then
  redis.call('HSET', callKey(call), 'state', 'connected')
  redis.call('HSET', AGENTS, known[2], 'connected')
  redis.call('ZREM', DUE, known[2])
end
return done()
