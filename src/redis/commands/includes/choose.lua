-- Which call for an agent, which agent for a call. Neither looks at more than the first call of a lane.
local function before(rank, score, best) return not best or rank < best.rank or (rank == best.rank and score < best.score) end

-- 0 emergencies, 1 tenants below their guarantee, 2 the rest; nil: the tenant is at its cap, or callbacks are.
local function rankOf(lane, pool, score)
  if score < EMERGENCY then return 0 end
  local standing = standingOf(tenantOf(lane), pool)
  if standing == 'capped' or callbacksFull(lane, pool) then return nil end
  return standing == 'below' and 1 or 2
end

-- The agent's best lane. O(demands that he matches); where there are shares or callbacks also the lanes of these demands.
local function bestLaneFor(agent)
  local best
  local all = anyCaps()
  for demand in words(redis.call('HGET', agentKey(agent), 'demands')) do
    local heads = redis.call('ZRANGE', headsKey(demand), 0, all and -1 or 0, 'WITHSCORES')
    for i = 1, #heads, 2 do
      local score = tonumber(heads[i + 1])
      local rank = rankOf(heads[i], poolOf(demand), score)
      if rank and before(rank, score, best) then best = { lane = heads[i], rank = rank, score = score, by = 'agent' } end
      -- Lanes are in the order of their scores: nothing better follows.
      if rank and rank < 2 then break end
    end
  end
  return best
end

-- Whether an idle agent may have the lane's first call, and among those of which demands.
local function openLane(lane, by)
  local head = headOf(lane)
  if not head[1] then return nil end
  local open = { lane = lane, member = head[1], score = tonumber(head[2]), by = by, demands = {} }
  for demand in demandsOf(lane) do
    local rank = rankOf(lane, poolOf(demand), open.score)
    if rank and redis.call('EXISTS', idleKey(demand)) == 1 then
      table.insert(open.demands, demand)
      open.rank = math.min(open.rank or rank, rank)
    end
  end
  return open.demands[1] and open or nil
end

-- What keeps the lane's calls from being offered, once all that may be has been; see HeldBy in why.ts.
local function heldBy(lane)
  local able = false
  for demand in demandsOf(lane) do
    if ownerOf(demand) then return 'ownAgent' end
    if redis.call('EXISTS', idleKey(demand)) == 1 then
      local capped = standingOf(tenantOf(lane), poolOf(demand)) == 'capped'
      return (capped or not callbackCapOf(lane)) and 'cap' or 'callbacks'
    end
    able = able or redis.call('EXISTS', ableKey(demand)) == 1
  end
  return able and 'busy' or 'nobody'
end

-- The first of each demand in the order of its strategy, each agent once: of those who talk already none but those with the fewest
-- talks, and none while somebody idles. Fit is weighed among these only. Also how many such agents there are, and with how many talks.
local CANDIDATES = 16
local function candidatesOf(demands, most)
  local list, seen = {}, {}
  for _, demand in ipairs(demands) do
    local some = redis.call('ZRANGE', idleKey(demand), 0, most - 1, 'WITHSCORES')
    for i = 1, #some, 2 do
      if not seen[some[i]] then
        seen[some[i]] = true
        table.insert(list, { agent = some[i], place = tonumber(some[i + 1]) })
      end
    end
  end
  table.sort(list, function(a, b) return a.place < b.place or (a.place == b.place and a.agent < b.agent) end)
  local talks, able = talksAt(list[1].place), 0
  while #list > most or talksAt(list[#list].place) > talks do
    table.remove(list)
  end
  for _, demand in ipairs(demands) do
    able = able + redis.call('ZCOUNT', idleKey(demand), talks * TALK, '(' .. string.format('%.0f', (talks + 1) * TALK))
  end
  return list, able, talks
end

-- Who is rung beside the first: of the pool that is shared out as many as the tenant may still have, emergencies excepted.
local function together(list, open)
  local agents, tenant = {}, tenantOf(open.lane)
  local share = open.rank > 0 and shareOf(tenant)
  local room = share and roomOf(tenant)
  for _, candidate in ipairs(list) do
    local counts = share and redis.call('SISMEMBER', membersKey(share.pool), candidate.agent) == 1
    if not agents[1] or not counts or room > 0 then
      table.insert(agents, candidate.agent)
      if counts then room = room - 1 end
    end
  end
  return agents
end

-- The sum of each candidate's levels in these skills.
local function weighFit(list, skills)
  local agents = {}
  for i, candidate in ipairs(list) do
    candidate.fit, agents[i] = 0, candidate.agent
  end
  for _, skill in ipairs(skills) do
    for i, level in ipairs(redis.call('HMGET', levelsKey(skill), unpack(agents))) do
      list[i].fit = list[i].fit + tonumber(level or 0)
    end
  end
end

-- Whom this caller last talked to, if that is remembered: {agent, state}; `chosen` when he may take the call, and nobody has fewer talks.
local function stickyOf(plan, demands, talks)
  local agent = ownerOf(demands[1]) or acquaintance(plan)
  if not agent then return nil end
  for _, demand in ipairs(demands) do
    local place = redis.call('ZSCORE', idleKey(demand), agent)
    if place and talksAt(tonumber(place)) == talks then return { agent = agent, state = 'chosen' } end
  end
  return { agent = agent, state = statusOf(agent) or 'signedOut' }
end

-- The agents for an open lane's first call, and why: one, or with `ringAll` all at once. The caller's own agent is asked alone.
local function bestAgentsFor(open, call)
  local plan = planOf(call)
  local rule = string.match(open.demands[1], '^[^/]*')
  local list, idle, talks = candidatesOf(open.demands, rule == 'ringAll' and plan.most or CANDIDATES)
  local sticky = stickyOf(plan, open.demands, talks)
  local first, chosen = list[1], list[1]
  local agents
  if sticky and sticky.state == 'chosen' then
    chosen, rule = { agent = sticky.agent }, 'sticky'
  elseif rule == 'ringAll' and callbackCapOf(open.lane) then
    -- Nobody is on the line: one after the other will do, and no cap is passed.
    rule = 'longestIdle'
  elseif rule == 'ringAll' then
    agents = together(list, open)
  elseif plan.rank and plan.rank[1] then
    weighFit(list, plan.rank)
    for _, candidate in ipairs(list) do
      if candidate.fit > chosen.fit then chosen = candidate end
    end
    if chosen ~= first then rule = 'fit' end
    for _, candidate in ipairs(list) do
      if candidate.fit < chosen.fit then rule = 'fit' end
    end
  end
  agents = agents or { chosen.agent }
  local asked = {}
  for _, agent in ipairs(agents) do
    asked[agent] = true
  end
  local why = { by = open.by, rule = rule, lane = open.lane, rank = open.rank, idle = idle, considered = #list, fit = chosen.fit }
  if talks > 0 then why.talks = talks end
  if sticky and sticky.state ~= 'chosen' then why.sticky = sticky end
  for _, candidate in ipairs(list) do
    if not asked[candidate.agent] and (not why.over or #why.over < 4) then
      why.over = why.over or {}
      table.insert(why.over, { agent = candidate.agent, fit = candidate.fit })
    end
  end
  return agents, why
end

-- Which tenants with an earlier first call stood back for this one in the agent's pools, and by which rule. Four at most.
local function heldBack(agent, open)
  local held, seen = nil, {}
  -- Only the call's own lane waits, or nobody ever stands back.
  if redis.call('SCARD', LANES) == 1 or not anyCaps() then return nil end
  for demand in words(redis.call('HGET', agentKey(agent), 'demands')) do
    local earlier = redis.call('ZRANGE', headsKey(demand), '-inf', '(' .. string.format('%.17g', open.score), 'BYSCORE', 'LIMIT', 0, 16)
    for _, lane in ipairs(earlier) do
      local tenant = tenantOf(lane)
      if not seen[tenant] and tenant ~= tenantOf(open.lane) and (not held or #held < 4) then
        seen[tenant] = true
        held = held or {}
        local capped = standingOf(tenant, poolOf(demand)) == 'capped'
        local rule = capped and 'cap' or callbacksFull(lane, poolOf(demand)) and 'callbacks' or 'guarantee'
        table.insert(held, { tenant = tenant, rule = rule })
      end
    end
  end
  return held
end
