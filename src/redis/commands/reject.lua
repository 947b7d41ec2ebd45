-- The agent did not take the call: he is left alone for a while, it goes back to its place and to the next idle agent, unless others
-- are still being asked. Also after `accept`: he left before the two were bridged.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  call · ARGV[5] agent · ARGV[6] token · ARGV[7] pause, ms; 0: idle at once; empty: not his doing, idle at once
-- ARGV[8]  so many offers missed in a row; 0: never · ARGV[9] then this pause instead, ms · ARGV[10] why he did not take it
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
local call, agent, token, pauseMs = ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7])
local times, longerMs = tonumber(ARGV[8]), tonumber(ARGV[9])

reply.valid = holds(agent, call, token)
if reply.valid then
  turnDown(call, agent)
  rest(agent, 'paused', pauseMs and miss(agent, pauseMs, times, longerMs) or 0, ARGV[10])
end
return done()
