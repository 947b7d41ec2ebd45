-- A call's place: the lane of its present ring, ordered by score, equal ones by arrival.
local function headOf(lane) return redis.call('ZRANGE', laneKey(lane), 0, 0, 'WITHSCORES') end

-- `head`: what headOf() says now.
local function refreshHead(lane, head)
  for demand in demandsOf(lane) do
    if head[1] then redis.call('ZADD', headsKey(demand), head[2], lane) else redis.call('ZREM', headsKey(demand), lane) end
  end
  if head[1] then
    if redis.call('SADD', LANES, lane) == 1 then
      redis.call('SADD', waitingKey(tenantOf(lane)), lane)
      if callbackCapOf(lane) then redis.call('SADD', waitingKey(CALLBACKS), lane) end
      serveOwn(lane, true)
    end
  else
    redis.call('SREM', LANES, lane)
    redis.call('SREM', waitingKey(tenantOf(lane)), lane)
    if callbackCapOf(lane) then redis.call('SREM', waitingKey(CALLBACKS), lane) end
    serveOwn(lane, false)
  end
end

-- How many calls wait in the lane's queue. O(its lanes).
local function lengthOf(lane)
  local queue, length = string.match(lane, '^[^/]*/[^/]*/'), 0
  for _, other in ipairs(redis.call('SMEMBERS', waitingKey(tenantOf(lane)))) do
    if string.sub(other, 1, #queue) == queue then length = length + redis.call('ZCARD', laneKey(other)) end
  end
  return length
end

-- What its daemon says of the call, read once.
local plans = {}
local function planOf(call)
  plans[call] = plans[call] or cjson.decode(redis.call('HGET', callKey(call), 'plan'))
  return plans[call]
end

local function unplace(call)
  local known = redis.call('HMGET', callKey(call), 'lane', 'at')
  local member = known[2] .. ':' .. call
  local first = headOf(known[1])[1] == member
  redis.call('ZREM', laneKey(known[1]), member)
  redis.call('ZREM', RELAX, call)
  if first then refreshHead(known[1], headOf(known[1])) end
end

-- Puts the call (back) where its score says, in the ring that its wait has reached, or where it waits for its own agent. Whoever is not first in his lane waits
-- for the same agents as whoever is, so only a new first call is looked at. `why`: what brought it here.
local function place(call, why)
  local key = callKey(call)
  local known = redis.call('HMGET', key, 'at', 'score')
  local plan, at, ring = planOf(call), tonumber(known[1]), 1
  local rings = plan.rings
  while rings[ring + 1] and at + rings[ring + 1].after <= NOW do
    ring = ring + 1
  end
  local lane, member = rings[ring].lane, known[1] .. ':' .. call
  for demand in demandsOf(lane) do
    adopt(demand)
  end
  local own = ownLane(plan, at, lane)
  local ends = own and plan.wait or rings[ring + 1] and rings[ring + 1].after
  lane = own or lane
  redis.call('HSET', key, 'state', 'waiting', 'lane', lane)
  redis.call('HDEL', key, 'agents', 'why')
  if ends then redis.call('ZADD', RELAX, at + ends, call) end
  redis.call('ZADD', laneKey(lane), known[2], member)
  local head = headOf(lane)
  if head[1] == member then
    refreshHead(lane, head)
    touched[lane] = why
  end
end

-- The agent takes this call no more. While others are being asked it is still theirs, else it is back at its place; a call that
-- is only known from `restore` has none and is forgotten.
local function turnDown(call, agent)
  local known = redis.call('HMGET', callKey(call), 'agents', 'plan')
  local others = without(known[1], agent)
  if others ~= '' then
    redis.call('HSET', callKey(call), 'agents', others)
  elseif known[2] then
    place(call, 'back')
  else
    redis.call('DEL', callKey(call))
  end
end

-- He is not busy but away, or may not take their calls any more: those who wait for him alone wait for all. O(those).
local function letGo(agent)
  local calls = {}
  for _, lane in ipairs(redis.call('SMEMBERS', ownKey(agent))) do
    for _, member in ipairs(redis.call('ZRANGE', laneKey(lane), 0, -1)) do
      table.insert(calls, (string.match(member, '^%d+:(.*)$')))
    end
  end
  -- First none is left, then each finds its place: a lane that was never empty would keep demands that he does not know any more.
  for _, call in ipairs(calls) do
    unplace(call)
  end
  for _, call in ipairs(calls) do
    place(call, 'waited')
  end
end
