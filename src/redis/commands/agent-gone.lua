-- No more offers for this agent. One who is offered a call or talks leaves when that ends.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  agent
-- returns  JSON {assigned?: [{call, agent, token, why, also?}]}: his tenant may be below its cap now
-- cost     O(d log n), d = demands that he matches, n = idle agents
-- @include domain
-- @include shares
-- @include demands
-- @include own
-- @include queue
-- @include agents
-- @include choose
-- @include offers
local agent = ARGV[4]
local status = statusOf(agent)

if status == 'offered' or status == 'connected' then
  redis.call('HSET', agentKey(agent), 'gone', 1)
  part(agent)
  letGo(agent)
elseif status then
  signOut(agent)
end
return done()
