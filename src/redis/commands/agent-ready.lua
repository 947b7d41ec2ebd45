-- Signs an agent in; takes back that he is leaving. He gets the first call that waits.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  agent · ARGV[5] pool
-- returns  JSON {assigned?: [{call, agent, token}]}
-- cost     O(log n), n = idle agents + waiting calls
-- @include domain
-- @include queue
-- @include agents
-- @include offers
local agent, pool = ARGV[4], ARGV[5]
local key = agentKey(agent)
local status = statusOf(agent)

if not status then
  redis.call('HSET', key, 'pool', pool)
  free(agent, NOW)
else
  local known = redis.call('HMGET', key, 'pool', 'idleSince')
  redis.call('HDEL', key, 'gone')
  if known[1] ~= pool then -- moved by a reload
    redis.call('SREM', membersKey(known[1]), agent)
    redis.call('HSET', key, 'pool', pool)
    if status == 'idle' then
      redis.call('ZREM', idleKey(known[1]), agent)
      free(agent, known[2])
    end
  end
end
redis.call('SADD', membersKey(pool), agent)
return done()
