-- Takes a call out. Agents who were offered it are idle again, since when they were before; one who talks is left alone.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  call · ARGV[5] agent, ARGV[6] token; not empty: only while this offer is open
-- returns  JSON {assigned?: [{call, agent, token, why, also?}]}
-- cost     O(d log n), d = demands that an agent matches, n = idle agents + lanes; it does not grow with waiting calls
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

if token ~= '' and not holds(agent, call, token) then return done() end

local known = redis.call('HMGET', callKey(call), 'state', 'lane', 'at')
local state = known[1]
if state and state ~= 'connected' then countWait(known[2], known[3], 1) end
if state == 'waiting' then
  unplace(call)
elseif state == 'offered' then
  freeAgentsOf(call)
end
if state ~= 'connected' then redis.call('DEL', callKey(call)) end
return done()
