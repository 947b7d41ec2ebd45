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
-- @include talks
-- @include demands
-- @include own
-- @include queue
-- @include agents
-- @include choose
-- @include offers
local call, agent, token, tenant, pool = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
if redis.call('HGET', callKey(call), 'state') == 'waiting' then unplace(call) else freeAgentsOf(call, agent) end

-- What he has and cannot have besides: first the offer, then the talk that is oldest. Of one who is not signed in nobody knows how many he may have.
local function makeRoom()
  local known = redis.call('HMGET', agentKey(agent), 'maxCalls', 'offer')
  local others = {}
  for _, other in ipairs(redis.call('HKEYS', talksKey(agent))) do
    if other ~= call then table.insert(others, { call = other, at = other == known[2] and 0 or talkOf(agent, other).at }) end
  end
  table.sort(others, function(a, b) return a.at < b.at or (a.at == b.at and a.call < b.call) end)
  for i = 1, #others + 1 - tonumber(known[1] or #others + 1) do
    local other = others[i].call
    retire(agent, other)
    if other == known[2] then turnDown(other, agent) else redis.call('DEL', callKey(other)) end
  end
end

if statusOf(agent) then
  makeRoom()
  standDown(agent)
  if statusOf(agent) == 'wrapUp' then excuse(agent, profileOf(agent)) end
  if redis.call('HGET', agentKey(agent), 'offer') == call then redis.call('HDEL', agentKey(agent), 'offer') end
else
  redis.call('HSET', agentKey(agent), 'pools', pool, 'signedInAt', NOW)
  join(agent, pool)
end
if redis.call('HEXISTS', talksKey(agent), call) == 0 then redis.call('HSET', agentKey(agent), 'since', NOW) end
redis.call('HSETNX', agentKey(agent), 'busySince', NOW)
redis.call('HSET', callKey(call), 'state', 'connected', 'daemon', DAEMON, 'agents', agent)
engage(agent, redis.call('HGET', agentKey(agent), 'pools'), call, token, tenant, ARGV[9] == '1')
carryOn(agent)
return done()
