-- An agent's phone cannot be rung any more: no more offers. One who is offered a call or talks leaves when that ends. What he
-- asked for himself (DUTY) is kept.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  agent
-- returns  JSON {assigned?: [{call, agent, token, why, also?}]}: his tenant may be below its cap now
-- cost     O(d log n), d = demands that he matches, n = idle agents
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
redis.call('HDEL', READY, ARGV[4])
leave(ARGV[4])
return done()
