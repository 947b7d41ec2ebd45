-- Reserves the agent for the call. The daemon that enqueued the call learns it from this reply when it is the one that
-- asks, else from its channel. A lost publication is healed by the offer's deadline.
local function offer(call, agent)
  local key = callKey(call)
  local known = redis.call('HMGET', key, 'daemon', 'offerMs')
  local token = GENERATION .. '-' .. redis.call('HINCRBY', KEYS[1], 'offers', 1)
  unplace(call)
  redis.call('HSET', key, 'state', 'offered', 'agent', agent, 'token', token)
  redis.call('ZREM', idleKey(redis.call('HGET', agentKey(agent), 'pool')), agent)
  redis.call('HSET', agentKey(agent), 'call', call, 'token', token)
  redis.call('HSET', AGENTS, agent, 'offered')
  redis.call('ZADD', DUE, NOW + tonumber(known[2]), agent)

  local assignment = { call = call, agent = agent, token = token }
  if known[1] == DAEMON then
    reply.assigned = reply.assigned or {}
    table.insert(reply.assigned, assignment)
  else
    redis.call('PUBLISH', PREFIX .. 'daemon:' .. known[1], cjson.encode(assignment))
  end
end

-- Pairs longest-idle agents with the first calls of the touched pools until one side is empty. Every verb ends with it,
-- so nobody idles while a call waits; hence each touched pool has at most as many pairs to make as the verb freed.
local function match()
  for pool in pairs(touched) do
    local agent = redis.call('ZRANGE', idleKey(pool), 0, 0)[1]
    local lane = redis.call('ZRANGE', headsKey(pool), 0, 0)[1]
    while agent and lane do
      offer(redis.call('ZRANGE', lane, 0, 0)[1], agent)
      agent = redis.call('ZRANGE', idleKey(pool), 0, 0)[1]
      lane = redis.call('ZRANGE', headsKey(pool), 0, 0)[1]
    end
  end
end

local function done()
  match()
  return cjson.encode(reply)
end
