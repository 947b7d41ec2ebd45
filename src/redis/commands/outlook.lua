-- What a waiting call can expect: who goes before it and who may take it. For announcements, not for decisions: it changes nothing.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  call
-- returns  JSON {outlook?: {position, ahead, idle, busy, paused, handlingMs?, leavesPerMs}}; none: the call does not wait
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

-- Of many agents some are looked at, and stand for all.
local SAMPLE = 200
local agents, looked, all = {}, 0, 0
for demand in demandsOf(lane) do
  local size = redis.call('SCARD', ableKey(demand))
  all = all + size
  local some = size <= SAMPLE and redis.call('SMEMBERS', ableKey(demand)) or redis.call('SRANDMEMBER', ableKey(demand), SAMPLE)
  looked = looked + #some
  for _, agent in ipairs(some) do
    agents[agent] = true
  end
end
local scale = looked > 0 and all / looked or 1

local work = {} -- tenant → calls of it that keep these agents busy, now or before this call
local function add(tenant, calls) work[tenant] = (work[tenant] or 0) + calls end

-- Each agent as so many as he may have calls.
local counts = { idle = 0, busy = 0, paused = 0 }
local shared = {} -- demand → how many of the agents match it too
for agent in pairs(agents) do
  local status = redis.call('HGET', AGENTS, agent)
  local known = redis.call('HMGET', agentKey(agent), 'demands', 'owedFor', 'maxCalls')
  local most = tonumber(known[3] or 1)
  if status == 'idle' or status == 'paused' then
    counts[status] = counts[status] + most * scale
  else
    local works = worksOf(agent, known[2])
    for _, work in ipairs(works) do
      add(string.match(work, '^%S+'), scale)
    end
    counts.busy = counts.busy + math.max(1, #works) * scale
    local profile = most > 1 and profileOf(agent)
    if profile and standsBy(agent, profile, status) then counts.idle = counts.idle + (most - profile.talks) * scale end
  end
  for demand in words(known[1]) do
    shared[demand] = (shared[demand] or 0) + scale
  end
end

local ahead, seen = 0, {}
for demand in pairs(shared) do
  local lanes = redis.call('ZRANGE', headsKey(demand), '-inf', earlier, 'BYSCORE')
  table.insert(lanes, lane)
  for _, other in ipairs(lanes) do
    if not seen[other] then
      seen[other] = true
      local ours, able = 0, 0
      for one in demandsOf(other) do
        ours = ours + (shared[one] or 0)
        able = able + redis.call('SCARD', ableKey(one))
      end
      local calls = aheadIn(other) * math.min(1, ours / math.max(1, able))
      ahead = ahead + calls
      add(tenantOf(other), calls)
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
return cjson.encode(reply)
