-- Puts a call at its place and offers it to the longest-idle agent if nobody waits before it. Repeated by the same daemon
-- it changes nothing. A daemon that took the call over gets it back waiting: the offer that its predecessor had is withdrawn.
-- A call that was connected and is enqueued again was given back by its agent, or the release was lost.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  call · ARGV[5] queue · ARGV[6] pool · ARGV[7] enqueued at, epoch ms: its score · ARGV[8] life of an offer, ms
-- returns  JSON {signedIn, assigned?: [{call, agent, token}]}; the offer it has already is told again
-- cost     O(log n), n = idle agents + waiting calls
-- @include domain
-- @include queue
-- @include agents
-- @include offers
local call, queue, pool, at, offerMs = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local key = callKey(call)
local known = redis.call('HMGET', key, 'state', 'daemon', 'agent', 'token')
local state = known[1]

if state == 'offered' and known[2] == DAEMON then
  reply.assigned = { { call = call, agent = known[3], token = known[4] } }
else
  if state == 'waiting' then
    unplace(call)
  elseif state then
    freeAgentOf(call)
  end
  redis.call('HSET', key, 'daemon', DAEMON, 'queue', queue, 'pool', pool, 'at', at, 'offerMs', offerMs)
  place(call)
end
reply.signedIn = redis.call('SCARD', membersKey(pool))
return done()
