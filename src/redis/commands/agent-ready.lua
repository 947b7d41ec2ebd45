-- An agent's phone can be rung. Signs him in, unless he wants no calls; learns his pools and skills, and whether he is on a call of
-- his own. He gets the best call that he may take.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  agent · ARGV[5] pools, `a b` · ARGV[6] skills, `english=50 medical=60` · ARGV[7] his place in a fixed order
-- ARGV[8]  `manual`: who asked for nothing is signed out; else empty · ARGV[9] `1`: on a call of his own; else empty
-- ARGV[10] how many calls he may have at once
-- returns  JSON {assigned?: [{call, agent, token, why, also?}]}
-- cost     O(d log n), d = demands of his pools, n = idle agents + lanes; O(1) when nothing is new
-- @include domain
-- @include shares
-- @include talks
-- @include demands
-- @include own
-- @include queue
-- @include agents
-- @include presence
-- @include choose
-- @include offers
local agent = ARGV[4]
redis.call('HSET', READY, agent, table.concat({ unpack(ARGV, 5, 10) }, '/'))
if onDuty(agent, ARGV[8] == 'manual') then signIn(agent) else leave(agent) end
return done()
