-- Reserves the agent for the call. The daemon that enqueued the call learns it from this reply when it is the one that
-- asks, else from its channel; a publication that is lost on its way is healed by the offer's deadline. A daemon that does
-- not listen is dead or cut off, and its calls would capture one agent after the other: they leave the queue, and are
-- enqueued again, at their place, by its successor or by itself when it is back.
local function offer(call, agent)
  local key = callKey(call)
  local known = redis.call('HMGET', key, 'daemon', 'offerMs')
  local token = GENERATION .. '-' .. redis.call('HINCRBY', KEYS[1], 'offers', 1)
  local assignment = { call = call, agent = agent, token = token }
  unplace(call)
  if known[1] == DAEMON then
    reply.assigned = reply.assigned or {}
    table.insert(reply.assigned, assignment)
  elseif redis.call('PUBLISH', PREFIX .. 'daemon:' .. known[1], cjson.encode(assignment)) == 0 then
    redis.call('DEL', key)
    return
  end
  redis.call('HSET', key, 'state', 'offered', 'agent', agent, 'token', token)
  redis.call('ZREM', idleKey(redis.call('HGET', agentKey(agent), 'pool')), agent)
  redis.call('HSET', agentKey(agent), 'call', call, 'token', token)
  redis.call('HSET', AGENTS, agent, 'offered')
  redis.call('ZADD', DUE, NOW + tonumber(known[2]), agent)
end

-- Pairs longest-idle agents with the first calls of the touched pools until one side is empty. Every verb ends with it,
-- so nobody idles while a call waits; hence there are no more pairs to make than the verb freed agents or calls.
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
