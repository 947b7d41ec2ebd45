-- This agent is talking to this call: the PBX says so, and it knows better. Whatever is kept here that contradicts it gives way.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  call · ARGV[5] agent · ARGV[6] token · ARGV[7] tenant · ARGV[8] pool, for an agent who is not signed in
-- ARGV[9]  callback: `1` when the call is one
-- returns  JSON {assigned?: [{call, agent, token, why, also?}]}
-- cost     O(d log n), d = demands that an agent matches, n = idle agents + lanes; it does not grow with waiting calls
-- @include domain
-- @include shares
-- @include demands
-- @include own
-- @include queue
-- @include agents
-- @include choose
-- @include offers
local call, agent, token, tenant, pool = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
if redis.call('HGET', callKey(call), 'state') == 'waiting' then unplace(call) else freeAgentsOf(call, agent) end

if statusOf(agent) then
  local mine = redis.call('HGET', agentKey(agent), 'call')
  if mine and mine ~= call then
    if statusOf(agent) == 'offered' then turnDown(mine, agent) else redis.call('DEL', callKey(mine)) end
  end
  standDown(agent)
  redis.call('ZREM', DUE, agent)
else
  redis.call('HSET', agentKey(agent), 'pools', pool, 'idleSince', NOW, 'signedInAt', NOW)
  join(agent, pool)
end
redis.call('HSET', agentKey(agent), 'call', call, 'token', token)
redis.call('HSETNX', agentKey(agent), 'busySince', NOW)
redis.call('HSET', AGENTS, agent, 'connected')
redis.call('HSET', callKey(call), 'state', 'connected', 'daemon', DAEMON, 'agents', agent)
serve(agent, tenant, ARGV[9] == '1')
return done()
