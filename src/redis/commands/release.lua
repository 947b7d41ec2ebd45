-- The talk is over: nothing is kept of the call, and the agent has his after-call work.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  agent · ARGV[5] token · ARGV[6] wrap-up, ms; 0: none
-- ARGV[7]  window, ms · ARGV[8] most of it that he may work, per cent · ARGV[9] breather, ms; empty: no such rule
-- returns  JSON {valid, assigned?: [{call, agent, token, why, also?}]}; valid false: the token is old and nothing changed
-- cost     O(d log n), d = demands that an agent matches, n = idle agents + lanes; it does not grow with waiting calls
-- @include domain
-- @include shares
-- @include demands
-- @include own
-- @include queue
-- @include agents
-- @include choose
-- @include offers
-- @include pace
local agent, token, wrapUpMs = ARGV[4], ARGV[5], tonumber(ARGV[6])
local known = redis.call('HMGET', agentKey(agent), 'token', 'call', 'busySince')

reply.valid = known[1] == token
if reply.valid then
  if known[3] then countCall(redis.call('HGET', callKey(known[2]), 'lane'), NOW - known[3] + math.max(0, wrapUpMs)) end
  freeAgentsOf(known[2], agent)
  redis.call('DEL', callKey(known[2]))
  if ARGV[9] ~= '' then weigh(agent, tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9]) end
  if wrapUpMs > 0 then rest(agent, 'wrapUp', wrapUpMs) else relieve(agent, NOW) end
end
return done()
