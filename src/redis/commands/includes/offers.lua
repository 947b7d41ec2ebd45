-- Reserves the agent for the call. The daemon that enqueued the call learns it from this reply when it is the one that
-- asks, else from its channel; a publication that is lost on its way is healed by the offer's deadline. A daemon that does
-- not listen is dead or cut off, and its calls would capture one agent after the other: they leave the queue, and are
-- enqueued again, at their place, by its successor or by itself when it is back.
local function offer(call, agent, why)
  local key = callKey(call)
  local known = redis.call('HMGET', key, 'daemon', 'offerMs')
  local token = GENERATION .. '-' .. redis.call('HINCRBY', KEYS[1], 'offers', 1)
  why.idleMs = NOW - redis.call('HGET', agentKey(agent), 'idleSince')
  local assignment = { call = call, agent = agent, token = token, why = why }
  unplace(call)
  if known[1] == DAEMON then
    reply.assigned = reply.assigned or {}
    table.insert(reply.assigned, assignment)
  elseif redis.call('PUBLISH', PREFIX .. 'daemon:' .. known[1], cjson.encode(assignment)) == 0 then
    redis.call('DEL', key)
    return
  end
  redis.call('HSET', key, 'state', 'offered', 'agent', agent, 'token', token, 'why', cjson.encode(why))
  standDown(agent)
  redis.call('HSET', agentKey(agent), 'call', call, 'token', token, 'offeredAt', NOW, 'busySince', NOW)
  redis.call('HSET', AGENTS, agent, 'offered')
  redis.call('ZADD', DUE, NOW + tonumber(known[2]), agent)
  serve(agent, tenantOf(why.lane))
end

-- Pairs calls and agents until none of those that the verb touched has a counterpart: the best call first, and for it the
-- best agent. Every verb ends with it, so nobody idles while a call that may go to him waits; hence whoever was not
-- touched has no counterpart either.
local function match()
  local best
  repeat
    best = nil
    for lane, by in pairs(touched) do
      local open = openLane(lane, by)
      if not open then touched[lane] = nil elseif before(open.rank, open.score, best) then best = open end
    end
    for agent in pairs(freed) do
      local lane = statusOf(agent) == 'idle' and bestLaneFor(agent) or nil
      if not lane then freed[agent] = nil elseif before(lane.rank, lane.score, best) then best = lane end
    end
    if best then
      local open = openLane(best.lane, best.by)
      local call = string.match(open.member, '^%d+:(.*)$')
      local agent, why = bestAgentFor(open, call)
      why.held = heldBack(agent, open)
      offer(call, agent, why)
    end
  until not best
end

local function done()
  match()
  return cjson.encode(reply)
end
