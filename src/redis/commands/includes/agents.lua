-- What an agent does now. Whoever is offered, paused or wrapping up has an entry in DUE that ends it.
local function statusOf(agent) return redis.call('HGET', AGENTS, agent) end

local function signOut(agent)
  local pool = redis.call('HGET', agentKey(agent), 'pool')
  redis.call('ZREM', idleKey(pool), agent)
  redis.call('SREM', membersKey(pool), agent)
  redis.call('ZREM', DUE, agent)
  redis.call('HDEL', AGENTS, agent)
  redis.call('DEL', agentKey(agent))
end

-- Idle from `since` (nil: as before the offer), or signed out if he left meanwhile.
local function free(agent, since)
  local key = agentKey(agent)
  local known = redis.call('HMGET', key, 'pool', 'gone', 'idleSince')
  if known[2] then return signOut(agent) end
  since = since or known[3]
  redis.call('ZREM', DUE, agent)
  redis.call('HDEL', key, 'call', 'token')
  redis.call('HSET', key, 'idleSince', since)
  redis.call('HSET', AGENTS, agent, 'idle')
  redis.call('ZADD', idleKey(known[1]), since, agent)
  touched[known[1]] = true
end

-- `status`: paused or wrapUp, for `ms`; none at all when that is 0.
local function rest(agent, status, ms)
  local key = agentKey(agent)
  if ms <= 0 or redis.call('HEXISTS', key, 'gone') == 1 then return free(agent, NOW) end
  redis.call('HDEL', key, 'call', 'token')
  redis.call('HSET', AGENTS, agent, status)
  redis.call('ZADD', DUE, NOW + ms, agent)
end

-- After the agent of a call was taken off it: he never talked (offered), or his talk is over (connected).
local function freeAgentOf(call)
  local known = redis.call('HMGET', callKey(call), 'state', 'agent')
  if known[1] == 'offered' then free(known[2], nil) else free(known[2], NOW) end
end
