-- The agent took the call: from now on only its end frees him of it. Who may have several gets the next call that he may take. Others
-- who were offered it are idle again, since when they were before.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  call · ARGV[5] agent · ARGV[6] token
-- returns  JSON {valid, assigned?: [{call, agent, token, why, also?}]}; valid false: the token is old and nothing changed
-- cost     O(log n), n = agents with something due; who may have several, and each other who was offered it: O(d log n), d = demands
--          that he matches
-- @include domain
-- @include shares
-- @include talks
-- @include demands
-- @include own
-- @include queue
-- @include agents
-- @include choose
-- @include offers
-- @include pace
local call, agent, token = ARGV[4], ARGV[5], ARGV[6]

reply.valid = holds(agent, call, token)
if reply.valid then
  local known = redis.call('HMGET', callKey(call), 'state', 'lane', 'at')
  if known[1] == 'offered' then countWait(known[2], known[3], 0) end
  freeAgentsOf(call, agent)
  redis.call('HSET', callKey(call), 'state', 'connected', 'agents', agent)
  if redis.call('HGET', agentKey(agent), 'offer') == call then
    redis.call('HDEL', agentKey(agent), 'offer', 'misses')
    redis.call('HSET', agentKey(agent), 'since', NOW)
    carryOn(agent)
  end
end
return done()
