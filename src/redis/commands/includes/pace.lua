-- How fast a tenant's calls are handled, and how soon its callers leave: moving figures, as core/queue/pace.ts computes them.
local PACE = PREFIX .. 'pace' -- hash: tenant → `handled handlingMs left waitedMs`
local WINDOW, FADING = 50, 0.995

local function paceOf(tenant)
  local handled, handlingMs, left, waitedMs = string.match(redis.call('HGET', PACE, tenant) or '0 0 0 0', '^(%S+) (%S+) (%S+) (%S+)$')
  return { handled = tonumber(handled), handlingMs = tonumber(handlingMs), left = tonumber(left), waitedMs = tonumber(waitedMs) }
end

local function keepPace(tenant, pace)
  redis.call('HSET', PACE, tenant, string.format('%.17g %.17g %.17g %.17g', pace.handled, pace.handlingMs, pace.left, pace.waitedMs))
end

-- A call of the lane has kept its agent busy for `ms`. A talk that is only known from `restore` has no lane.
local function countCall(lane, ms)
  if not lane then return end
  local pace = paceOf(tenantOf(lane))
  pace.handled = math.min(pace.handled + 1, WINDOW)
  pace.handlingMs = pace.handlingMs + (ms - pace.handlingMs) / pace.handled
  keepPace(tenantOf(lane), pace)
end

-- A caller's wait is over: an agent took the call (left 0), or he gave up (1). Who is off the line, to be called back, loses no patience.
local function countWait(lane, at, left)
  if not lane or callbackCapOf(lane) then return end
  local pace = paceOf(tenantOf(lane))
  pace.left = pace.left * FADING + left
  pace.waitedMs = pace.waitedMs * FADING + NOW - at
  keepPace(tenantOf(lane), pace)
end
