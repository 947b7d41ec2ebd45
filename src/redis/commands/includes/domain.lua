-- What every verb starts with: who asks, the time, the names of keys, the generation check.
-- Only KEYS[1] is passed: the others share its hash tag, hence its Cluster slot, and their names depend on what is read.
--
-- A lane is `tenant/queue/ring/demand+demand…`, a demand `strategy/pool/skill=level,…`: what the lane asks of an agent of one
-- pool. Many lanes share a demand; agents are matched with demands. A lane of callbacks has `queue*30`, 30 being the per cent of
-- a pool's agents that callbacks may keep busy. Names are made in core/queue/lane.ts.
local PREFIX = string.sub(KEYS[1], 1, -#'domain' - 1)
local GENERATION, DAEMON = ARGV[1], ARGV[2]

local AGENTS = PREFIX .. 'agents' -- hash: agent → status, for all who are signed in
local READY = PREFIX .. 'ready' -- hash: agent → `pools/skills/order/manual/ownCall/maxCalls`, for all whose phones can be rung
local DUTY = PREFIX .. 'duty' -- hash: agent → `in`, `out` or `paused SINCE REASON`, for all who asked for it; nothing ends it by itself
local DUE = PREFIX .. 'due' -- sorted set: agent → when his offer, pause or wrap-up ends by itself
local LANES = PREFIX .. 'lanes' -- set: lanes that are not empty
local RELAX = PREFIX .. 'relax' -- sorted set: waiting call → when it enters its next ring
local SHARES = PREFIX .. 'shares' -- hash: tenant → `pool guarantee% cap%`, where one is configured

-- hash: pools demands order maxCalls profile since offeredAt signedInAt busyMs busySince occupancy misses offer owedMs owedFor rest
-- restUntil olderAt olderBusyMs newerAt newerBusyMs breatherMs gone ownCall extendedMs. `since`: of his number of talks; `offer`: the
-- call that he is offered; see includes/agents.lua.
local function agentKey(agent) return PREFIX .. 'agent:' .. agent end
local function talksKey(agent) return PREFIX .. 'talks:' .. agent end -- hash: call → `token at tenant`, or `… tenant *`: his talks and his offer; see includes/talks.lua
local function awayKey(agent) return PREFIX .. 'away:' .. agent end -- string: JSON, what he comes back to whose phone alone was gone; see keep()
local function levelsKey(skill) return PREFIX .. 'levels:' .. skill end -- hash: agent → his level in it
local function callKey(call) return PREFIX .. 'call:' .. call end -- hash: state daemon plan at score boost offerMs lane agents why; `agents`: who is offered it, or talks
local function membersKey(pool) return PREFIX .. 'members:' .. pool end -- set: agents who take offers, now or soon
local function busyKey(pool) return PREFIX .. 'busy:' .. pool end -- hash: tenant, or CALLBACKS → agents of the pool who are busy with its calls
local function demandsKey(pool) return PREFIX .. 'demands:' .. pool end -- sorted set: demand → when it was last asked for; 0: some are pending
local function pendingKey(demand) return PREFIX .. 'pending:' .. demand end -- set: members of its pool who have not been matched with it yet
local function ableKey(demand) return PREFIX .. 'able:' .. demand end -- set: members who match it
local function idleKey(demand) return PREFIX .. 'idle:' .. demand end -- sorted set: idle agents who match it, in the order of its strategy
local function headsKey(demand) return PREFIX .. 'heads:' .. demand end -- sorted set: lane → score of its first call
local function ownKey(agent) return PREFIX .. 'own:' .. agent end -- set: lanes whose calls wait for him alone
local function laneKey(lane) return PREFIX .. 'lane:' .. lane end -- sorted set: `enqueuedAt:call` → score
local function waitingKey(tenant) return PREFIX .. 'waiting:' .. tenant end -- set: the lanes of the tenant, or of CALLBACKS, that are not empty
local function gaveUpKey(name) return PREFIX .. 'gaveup:' .. name end -- string: when this caller last gave up, epoch ms
local function stickyKey(name) return PREFIX .. 'sticky:' .. name end -- string: `agent until`, who last talked to this caller

local function serverTime()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local NOW = tonumber(ARGV[3]) or serverTime()

-- Scores below this are emergencies: class × 10^13 + deadline.
local EMERGENCY = 10 ^ 13

-- What match() must look at: lanes whose first call may have become servable (→ by what), and agents who became idle.
local touched, freed = {}, {}
-- The verb's answer: an object with named members.
local reply = {}

local function words(text) return string.gmatch(text or '', '%S+') end
local function without(text, word)
  local others = {}
  for other in words(text) do
    if other ~= word then table.insert(others, other) end
  end
  return table.concat(others, ' ')
end
local function poolOf(demand) return (string.match(demand, '^[^/]*/([^/]*)/')) end
-- Stands for the callbacks of all tenants where a tenant's name could: no tenant is called so.
local CALLBACKS = '*'
local function callbackCapOf(lane) return tonumber(string.match(lane, '^[^/]*/[^/]*%*(%d+)/')) end
local function tenantOf(lane) return (string.match(lane, '^[^/]*')) end
-- Iterates over the demands of a lane: one a pool.
local function demandsOf(lane) return string.gmatch(string.match(lane, '^[^/]*/[^/]*/[^/]*/(.*)$'), '[^+]+') end

if redis.call('HGET', KEYS[1], 'generation') ~= GENERATION then
  return redis.error_reply('NOGEN the routing domain is not the one that this daemon knows')
end
