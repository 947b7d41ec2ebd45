-- No more offers for this agent. One who is offered a call or talks leaves when that ends.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  agent
-- returns  JSON {}
-- cost     O(log n), n = idle agents
-- @include domain
-- @include queue
-- @include agents
-- @include offers
local agent = ARGV[4]
local status = statusOf(agent)

if status == 'offered' or status == 'connected' then
  redis.call('HSET', agentKey(agent), 'gone', 1)
  redis.call('SREM', membersKey(redis.call('HGET', agentKey(agent), 'pool')), agent)
elseif status then
  signOut(agent)
end
return done()
