-- Takes a call out. An agent who was offered it is idle again, since when he was before; one who talks is left alone.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  call · ARGV[5] token; not empty: only while the call is offered under it
-- returns  JSON {assigned?: [{call, agent, token, why}]}
-- cost     O(d log n), d = demands that an agent matches, n = idle agents + lanes; it does not grow with waiting calls
-- @include domain
-- @include shares
-- @include demands
-- @include queue
-- @include agents
-- @include choose
-- @include offers
-- @include pace
local call, token = ARGV[4], ARGV[5]
local known = redis.call('HMGET', callKey(call), 'state', 'token', 'lane', 'at')
local state = known[1]

if token ~= '' and known[2] ~= token then return done() end

if state and state ~= 'connected' then countWait(known[3], known[4], 1) end
if state == 'waiting' then
  unplace(call)
elseif state == 'offered' then
  freeAgentOf(call)
end
if state ~= 'connected' then redis.call('DEL', callKey(call)) end
return done()
