-- This agent is talking to this call: the PBX says so, and it knows better. Whatever is kept here that contradicts it gives way.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  call · ARGV[5] agent · ARGV[6] token · ARGV[7] pool, for an agent who is not signed in
-- returns  JSON {assigned?: [{call, agent, token}]}
-- cost     O(log n), n = idle agents + waiting calls
-- @include domain
-- @include queue
-- @include agents
-- @include offers
local call, agent, token, pool = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local known = redis.call('HMGET', callKey(call), 'state', 'agent')

if known[1] == 'waiting' then
  unplace(call)
elseif known[2] and known[2] ~= agent then
  freeAgentOf(call)
end

if statusOf(agent) then
  local mine = redis.call('HMGET', agentKey(agent), 'call', 'pool')
  if mine[1] and mine[1] ~= call then
    if statusOf(agent) == 'offered' then place(mine[1]) else redis.call('DEL', callKey(mine[1])) end
  end
  redis.call('ZREM', idleKey(mine[2]), agent)
  redis.call('ZREM', DUE, agent)
else
  redis.call('HSET', agentKey(agent), 'pool', pool, 'idleSince', NOW)
  redis.call('SADD', membersKey(pool), agent)
end
redis.call('HSET', agentKey(agent), 'call', call, 'token', token)
redis.call('HSET', AGENTS, agent, 'connected')
redis.call('HSET', callKey(call), 'state', 'connected', 'daemon', DAEMON, 'agent', agent, 'token', token)
return done()
