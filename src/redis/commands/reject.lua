-- The agent did not take the call: he is left alone for a while, it goes back to its place and to the next idle agent.
-- Also after `accept`: he left before the two were bridged. A call that is only known from `restore` has no place and is forgotten.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  call · ARGV[5] token · ARGV[6] pause, ms; 0: idle at once
-- returns  JSON {valid, assigned?: [{call, agent, token, why}]}; valid false: the token is old and nothing changed
-- cost     O(d log n), d = demands that an agent matches, n = idle agents + lanes; it does not grow with waiting calls
-- @include domain
-- @include shares
-- @include demands
-- @include queue
-- @include agents
-- @include choose
-- @include offers
local call, token, pauseMs = ARGV[4], ARGV[5], tonumber(ARGV[6])
local known = redis.call('HMGET', callKey(call), 'token', 'agent', 'plan')

reply.valid = known[1] == token
if reply.valid then
  if known[3] then place(call, 'back') else redis.call('DEL', callKey(call)) end
  rest(known[2], 'paused', pauseMs)
end
return done()
