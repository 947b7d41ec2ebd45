-- As the daemon hears of it; `offers`: {agent, token}, several only where all are rung at once.
local function assignmentOf(call, why, offers)
  local assignment = { call = call, why = why, agent = offers[1].agent, token = offers[1].token }
  if offers[2] then
    assignment.also = { unpack(offers, 2) }
  end
  return assignment
end

-- Reserves the agents for the call. The daemon that enqueued the call learns it from this reply when it is the one that
-- asks, else from its channel; a publication that is lost on its way is healed by the offer's deadline. A daemon that does
-- not listen is dead or cut off, and its calls would capture one agent after the other: they leave the queue, and are
-- enqueued again, at their place, by its successor or by itself when it is back.
local function offer(call, agents, why)
  local key = callKey(call)
  local known = redis.call('HMGET', key, 'daemon', 'offerMs', 'boost')
  local offers, profiles = {}, {}
  for i, agent in ipairs(agents) do
    profiles[i] = redis.call('HMGET', agentKey(agent), 'since', 'pools', 'demands', 'busySince')
    offers[i] = { agent = agent, token = GENERATION .. '-' .. redis.call('HINCRBY', KEYS[1], 'offers', 1) }
  end
  why.idleMs = NOW - profiles[1][1]
  if known[3] and known[3] ~= '0' then why.boost = tonumber(known[3]) end
  local assignment = assignmentOf(call, why, offers)
  unplace(call)
  if known[1] == DAEMON then
    reply.assigned = reply.assigned or {}
    table.insert(reply.assigned, assignment)
  elseif redis.call('PUBLISH', PREFIX .. 'daemon:' .. known[1], cjson.encode(assignment)) == 0 then
    redis.call('DEL', key)
    return
  end
  redis.call('HSET', key, 'state', 'offered', 'agents', table.concat(agents, ' '), 'why', cjson.encode(why))
  for i, one in ipairs(offers) do
    local _, pools, demands, busySince = unpack(profiles[i])
    standDown(one.agent, demands)
    redis.call('HSET', agentKey(one.agent), 'offer', call, 'offeredAt', NOW, 'busySince', busySince or NOW)
    becomes(one.agent, 'offered', NOW + tonumber(known[2]))
    engage(one.agent, pools, call, one.token, tenantOf(why.lane), callbackCapOf(why.lane))
  end
end

-- The offers that a call has now.
local function offersOf(call, agents)
  local offers = {}
  for agent in words(agents) do
    table.insert(offers, { agent = agent, token = talkOf(agent, call).token })
  end
  return offers
end

-- Pairs calls and agents until none of those that the verb touched has a counterpart: the best call first, and for it the
-- best agent, or all. Every verb ends with it, so nobody idles while a call that may go to him waits; hence whoever was not
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
      local lane = bestLaneFor(agent)
      if not lane then freed[agent] = nil elseif before(lane.rank, lane.score, best) then best = lane end
    end
    if best then
      local open = best.demands and best or openLane(best.lane, best.by)
      local call = string.match(open.member, '^%d+:(.*)$')
      local agents, why = bestAgentsFor(open, call)
      why.held = heldBack(agents[1], open)
      offer(call, agents, why)
    end
  until not best
end

local function done()
  match()
  return cjson.encode(reply)
end
