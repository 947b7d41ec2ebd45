-- What a waiting call can expect: who goes before it and who may take it. For announcements, not for decisions: it changes nothing.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  call
-- returns  JSON {outlook?: {position, ahead, idle, busy, paused, handlingMs?, leavesPerMs, cap?: {room, busy, handlingMs?},
--          held?: {calls, agents}}}; none: the call does not wait
-- cost     O(a d + l log n), a = agents who may take it, 200 at most, d = demands that one matches, l = lanes of these demands
-- @include domain
-- @include shares
-- @include talks
-- @include pace
local call = ARGV[4]
local known = redis.call('HMGET', callKey(call), 'state', 'lane', 'at', 'score')
local lane, member, earlier = known[2], (known[3] or '') .. ':' .. call, '(' .. (known[4] or '')

if known[1] ~= 'waiting' then return cjson.encode(reply) end

-- Calls of another lane that go before this one.
local function aheadIn(other)
  if other == lane then return redis.call('ZRANK', laneKey(lane), member) end
  return redis.call('ZCOUNT', laneKey(other), '-inf', earlier)
end

local queue = string.match(lane, '^[^/]*/[^/]*/')
local position = 1
for _, other in ipairs(redis.call('SMEMBERS', waitingKey(tenantOf(lane)))) do
  if string.sub(other, 1, #queue) == queue then position = position + aheadIn(other) end
end

-- Below 100 %, or nil.
local function capOf(tenant)
  local share = shareOf(tenant)
  return share and share.cap < 100 and share or nil
end
local cap = tonumber(known[4]) >= EMERGENCY and capOf(tenantOf(lane)) or nil

-- Of many agents some are looked at, and stand for all. Each is true if he may take it whatever its tenant's cap leaves.
local SAMPLE = 200
local agents, looked, all, caps = {}, 0, 0, false
for demand in demandsOf(lane) do
  local capped = cap ~= nil and poolOf(demand) == cap.pool
  caps = caps or capped
  local size = redis.call('SCARD', ableKey(demand))
  all = all + size
  local some = size <= SAMPLE and redis.call('SMEMBERS', ableKey(demand)) or redis.call('SRANDMEMBER', ableKey(demand), SAMPLE)
  looked = looked + #some
  for _, agent in ipairs(some) do
    agents[agent] = agents[agent] or not capped
  end
end
local scale = looked > 0 and all / looked or 1

local work = {} -- tenant → calls of it that keep these agents busy, now or before this call
local function add(tenant, calls) work[tenant] = (work[tenant] or 0) + calls end

-- Each agent as so many as he may have calls.
local counts = { idle = 0, busy = 0, paused = 0 }
local beside = { idle = 0, busy = 0, paused = 0 } -- of those who may take it whatever its tenant's cap leaves
local busyWith = {} -- tenant → its calls that keep these agents busy
local shared = {} -- demand → how many of the agents match it too
for agent, free in pairs(agents) do
  local status = redis.call('HGET', AGENTS, agent)
  local known = redis.call('HMGET', agentKey(agent), 'demands', 'owedFor', 'maxCalls')
  local most = tonumber(known[3] or 1)
  local one = {}
  if status == 'idle' or status == 'paused' then
    one[status] = most
  else
    local works = worksOf(agent, known[2])
    for _, work in ipairs(works) do
      local tenant = string.match(work, '^%S+')
      add(tenant, scale)
      busyWith[tenant] = (busyWith[tenant] or 0) + scale
    end
    one.busy = math.max(1, #works)
    local profile = most > 1 and profileOf(agent)
    if profile and standsBy(agent, profile, status) then one.idle = most - profile.talks end
  end
  for what, calls in pairs(one) do
    counts[what] = counts[what] + calls * scale
    if free then beside[what] = beside[what] + calls * scale end
  end
  for demand in words(known[1]) do
    shared[demand] = (shared[demand] or 0) + scale
  end
end

local ahead, seen = 0, {}
local capped = {} -- other tenant with a cap → its calls that go before
for demand in pairs(shared) do
  local lanes = redis.call('ZRANGE', headsKey(demand), '-inf', earlier, 'BYSCORE')
  table.insert(lanes, lane)
  for _, other in ipairs(lanes) do
    if not seen[other] then
      seen[other] = true
      local tenant, ours, able = tenantOf(other), 0, 0
      local cap = tenant ~= tenantOf(lane) and capOf(tenant)
      for one in demandsOf(other) do
        ours = ours + (shared[one] or 0)
        able = able + redis.call('SCARD', ableKey(one))
        cap = cap and poolOf(one) == cap.pool and cap
      end
      local calls = aheadIn(other) * math.min(1, ours / math.max(1, able))
      ahead = ahead + calls
      add(tenant, calls)
      if cap then capped[tenant] = (capped[tenant] or 0) + calls end
    end
  end
end
if not next(shared) then ahead = position - 1 end
add(tenantOf(lane), 1)

local handlings, handlingMs, waits, leaves = 0, 0, 0, 0
for tenant, calls in pairs(work) do
  local pace = paceOf(tenant)
  if pace.handled > 0 then
    handlings, handlingMs = handlings + calls, handlingMs + calls * pace.handlingMs
  end
  if pace.waitedMs > 0 then
    waits, leaves = waits + calls, leaves + calls * pace.left / pace.waitedMs
  end
end
reply.outlook = {
  position = position,
  ahead = ahead,
  idle = counts.idle,
  busy = counts.busy,
  paused = counts.paused,
  leavesPerMs = waits > 0 and leaves / waits or 0,
}
if handlings > 0 then reply.outlook.handlingMs = handlingMs / handlings end

if caps then
  local room, busy = roomOf(tenantOf(lane))
  local pace = paceOf(tenantOf(lane))
  reply.outlook.cap = { room = room + beside.idle, busy = busy + beside.busy, handlingMs = pace.handled > 0 and pace.handlingMs or nil }
end
for tenant, calls in pairs(capped) do
  local room = roomOf(tenant)
  local beyond = calls - math.max(0, room)
  if beyond > 0 then
    local held = reply.outlook.held or { calls = 0, agents = 0 }
    reply.outlook.held = { calls = held.calls + beyond, agents = held.agents + (busyWith[tenant] or 0) }
  end
end
return cjson.encode(reply)
