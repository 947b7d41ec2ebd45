-- Waiting for one's own agent: a caller who talked to him before and may wait for him while he is busy. The lane of such calls has
-- demands that name the agent instead of a strategy, `@ann/reception/english=50`: he alone matches them, for as long as the lane has
-- calls. So his calls stand among all others that he may take, in the order that holds for them.
local BUSY = { offered = true, connected = true, wrapUp = true, ownCall = true }

-- Who talked to this caller last, while that is remembered.
local function acquaintance(plan)
  local agent, ends = string.match(plan.sticky and redis.call('GET', stickyKey(plan.sticky)) or '', '^(%S+) (%d+)$')
  if agent and tonumber(ends) > NOW then return agent end
end

-- They talked: from now on the caller finds him again. The end is also in the value: the clock of a test or of the simulator is not
-- that of the server.
local function befriend(plan, agent)
  if not plan.sticky then return end
  redis.call('SET', stickyKey(plan.sticky), agent .. ' ' .. string.format('%.0f', NOW + plan.stickyMs), 'PX', plan.stickyMs)
end

local function ownerOf(demand) return string.match(demand, '^@([^/]*)') end

-- The lane in which the call waits for its own agent now; `lane`: where it would wait for all. nil: it does not.
local function ownLane(plan, at, lane)
  local agent = plan.wait and at + plan.wait > NOW and acquaintance(plan)
  if not agent or not BUSY[redis.call('HGET', AGENTS, agent)] then return nil end
  local demands = {}
  for demand in demandsOf(lane) do
    if redis.call('SISMEMBER', ableKey(demand), agent) == 1 then
      table.insert(demands, '@' .. agent .. string.match(demand, '^[^/]*(/.*)$'))
    end
  end
  return demands[1] and string.match(lane, '^[^/]*/[^/]*/[^/]*/') .. table.concat(demands, '+') or nil
end

-- The lane has got its first call, or lost its last.
local function serveOwn(lane, filled)
  for demand in demandsOf(lane) do
    local agent = ownerOf(demand)
    if not agent then return end
    redis.call(filled and 'SADD' or 'SREM', ownKey(agent), lane)
    local known = redis.call('HGET', agentKey(agent), 'demands')
    if filled and redis.call('SADD', ableKey(demand), agent) == 1 then
      redis.call('HSET', agentKey(agent), 'demands', known .. ' ' .. demand)
      standByFor(demand, agent, profileOf(agent))
    elseif not filled and redis.call('EXISTS', headsKey(demand)) == 0 then
      redis.call('DEL', ableKey(demand), idleKey(demand))
      if known then redis.call('HSET', agentKey(agent), 'demands', without(known, demand)) end
    end
  end
end
