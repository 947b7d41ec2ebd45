-- What an agent does now. Whoever is offered or wraps up, or rests after an offer that he did not answer, has an entry in DUE that
-- ends it; a pause that he asked for ends when he asks for that; a call of his own (ownCall) by what his PBX tells.
local function statusOf(agent) return redis.call('HGET', AGENTS, agent) end

-- The pause that he asked for: {reason}; empty: none given.
local function pauseOf(agent)
  local duty = redis.call('HGET', DUTY, agent)
  if not duty or string.sub(duty, 1, 6) ~= 'paused' then return nil end
  return { reason = string.match(duty, '^paused %S+ (.*)$') or '' }
end

local function standDown(agent)
  for demand in words(redis.call('HGET', agentKey(agent), 'demands')) do
    redis.call('ZREM', idleKey(demand), agent)
  end
end

-- Takes offers: in the sets of his pools, and of the demands that he matches. O(demands of his pools).
local function join(agent, pools)
  local mine, skills = {}, skillsOf(agent)
  for pool in words(pools) do
    if redis.call('SADD', membersKey(pool), agent) == 1 then loosenPool(pool) end
    for _, demand in ipairs(redis.call('ZRANGE', demandsKey(pool), 0, -1)) do
      if matches(skills, demand) then
        table.insert(mine, demand)
        redis.call('SADD', ableKey(demand), agent)
      end
    end
  end
  redis.call('HSET', agentKey(agent), 'demands', table.concat(mine, ' '))
end

local function part(agent)
  local known = redis.call('HMGET', agentKey(agent), 'pools', 'demands')
  standDown(agent)
  for pool in words(known[1]) do
    redis.call('SREM', membersKey(pool), agent)
  end
  standings = {}
  for demand in words(known[2]) do
    redis.call('SREM', ableKey(demand), agent)
  end
end

-- Busy with a call of this tenant, which may be a callback; nil: with none.
local function serve(agent, tenant, callback)
  local known = redis.call('HMGET', agentKey(agent), 'pools', 'tenant', 'callback')
  if known[2] then countBusy(known[1], known[2], -1) end
  if known[3] then countBusy(known[1], CALLBACKS, -1) end
  redis.call('HDEL', agentKey(agent), 'tenant', 'callback')
  if tenant then
    redis.call('HSET', agentKey(agent), 'tenant', tenant)
    countBusy(known[1], tenant, 1)
  end
  if callback then
    redis.call('HSET', agentKey(agent), 'callback', 1)
    countBusy(known[1], CALLBACKS, 1)
  end
end

-- Until now he was busy; what follows is no work.
local function workEnds(agent)
  local known = redis.call('HMGET', agentKey(agent), 'busyMs', 'busySince')
  if not known[2] then return end
  redis.call('HSET', agentKey(agent), 'busyMs', (known[1] or 0) + NOW - known[2])
  redis.call('HDEL', agentKey(agent), 'busySince')
end

-- A phone that registers anew must not end a rest or forget what was counted. Whoever signs out himself begins anew.
local KEPT = { 'misses', 'signedInAt', 'busyMs', 'olderAt', 'olderBusyMs', 'newerAt', 'newerBusyMs' }
local KEPT_AT_REST = { 'rest', 'extendedMs', 'breatherMs' }
local KEEP_MS = 3600000
local function keep(agent)
  workEnds(agent)
  local status = statusOf(agent)
  local due = (status == 'paused' or status == 'wrapUp') and redis.call('ZSCORE', DUE, agent)
  local kept = { counts = {}, resting = {}, ends = NOW + KEEP_MS }
  local function copy(to, names)
    for i, value in ipairs(redis.call('HMGET', agentKey(agent), unpack(names))) do
      to[names[i]] = value or nil
    end
  end
  copy(kept.counts, KEPT)
  if due then
    copy(kept.resting, KEPT_AT_REST)
    kept.status, kept.due = status, tonumber(due)
    kept.ends = math.max(kept.ends, kept.due)
  end
  redis.call('SET', awayKey(agent), cjson.encode(kept), 'PX', string.format('%.0f', kept.ends - NOW))
end

local function signOut(agent)
  serve(agent, nil)
  if redis.call('HEXISTS', READY, agent) == 0 and redis.call('HGET', DUTY, agent) ~= 'out' then keep(agent) end
  part(agent)
  redis.call('ZREM', DUE, agent)
  redis.call('HDEL', AGENTS, agent)
  redis.call('DEL', agentKey(agent), skillsKey(agent))
  letGo(agent)
end

-- Among the idle of each demand that he matches.
local function standBy(agent)
  local known = profileOf(agent)
  for demand in words(known.demands) do
    redis.call('ZADD', idleKey(demand), idleScore(demand, known), agent)
  end
  freed[agent] = true
end

-- Idle from `since` (nil: as before the offer); signed out or paused if he asked for it meanwhile.
local function free(agent, since)
  local key = agentKey(agent)
  local known = redis.call('HMGET', key, 'gone', 'tenant', 'idleSince', 'busyMs', 'busySince', 'signedInAt')
  if known[1] then return signOut(agent) end
  if known[2] then serve(agent, nil) end
  local busyMs = (known[4] or 0) + (known[5] and NOW - known[5] or 0)
  redis.call('ZREM', DUE, agent)
  redis.call('HDEL', key, 'call', 'token', 'busySince', 'extendedMs', 'rest', 'breatherMs')
  -- Kept as it is now: his place among the idle must not depend on when a demand or a skill was added.
  local occupancy = busyMs / math.max(1, NOW - known[6])
  redis.call('HSET', key, 'idleSince', since or known[3], 'busyMs', busyMs, 'occupancy', occupancy)
  local ownCall = redis.call('HEXISTS', key, 'ownCall') == 1
  local status = pauseOf(agent) and 'paused' or ownCall and 'ownCall' or 'idle'
  redis.call('HSET', AGENTS, agent, status)
  if status == 'idle' then standBy(agent) else letGo(agent) end
end

-- Who neither talks nor is offered a call: what he asked for, or a call of his own, has changed what he does.
local function settle(agent)
  standDown(agent)
  free(agent, NOW)
end

-- After a talk: whether he is due a breather, by the rule of core/queue/breather.ts, which is remembered for the end of his wrap-up.
local function weigh(agent, windowMs, mostPercent, breatherMs)
  local key = agentKey(agent)
  local known = redis.call('HMGET', key, 'busyMs', 'busySince', 'signedInAt', 'olderAt', 'olderBusyMs', 'newerAt', 'newerBusyMs')
  local busyMs = (known[1] or 0) + (known[2] and NOW - known[2] or 0)
  local olderAt, olderBusyMs = tonumber(known[4] or known[3]), tonumber(known[5] or 0)
  local newerAt, newerBusyMs = tonumber(known[6] or known[3]), tonumber(known[7] or 0)
  if NOW - newerAt >= windowMs / 2 then
    olderAt, olderBusyMs, newerAt, newerBusyMs = newerAt, newerBusyMs, NOW, busyMs
    redis.call('HSET', key, 'olderAt', olderAt, 'olderBusyMs', olderBusyMs, 'newerAt', newerAt, 'newerBusyMs', newerBusyMs)
  end
  local elapsed = NOW - olderAt
  if elapsed >= windowMs / 2 and (busyMs - olderBusyMs) * 100 >= mostPercent * elapsed then
    redis.call('HSET', key, 'breatherMs', breatherMs)
  end
end

-- `status`: paused or wrapUp, for `ms`; none at all when that is 0, or when he wants to pause anyway. Wrap-up is work for
-- the tenant, a pause is not.
local function rest(agent, status, ms, reason)
  local key = agentKey(agent)
  if ms <= 0 or pauseOf(agent) then return free(agent, NOW) end
  if status == 'paused' then
    serve(agent, nil)
    workEnds(agent)
  end
  redis.call('HDEL', key, 'call', 'token')
  redis.call('HSET', AGENTS, agent, status)
  if reason then redis.call('HSET', key, 'rest', reason) end
  redis.call('ZADD', DUE, NOW + ms, agent)
  if redis.call('HEXISTS', key, 'gone') == 1 then signOut(agent) elseif status == 'paused' then letGo(agent) end
end

-- His work for a call has ended at `since`: idle, or first the breather that he is due.
local function relieve(agent, since)
  local breatherMs = tonumber(redis.call('HGET', agentKey(agent), 'breatherMs'))
  if not breatherMs then return free(agent, since) end
  redis.call('HDEL', agentKey(agent), 'breatherMs')
  rest(agent, 'paused', breatherMs, 'breather')
end

-- Counts an offer that he missed; returns what follows: something else once there were so many (`times`) in a row.
local function miss(agent, each, times, inARow)
  local misses = redis.call('HINCRBY', agentKey(agent), 'misses', 1)
  if times == 0 or misses < times then return each end
  redis.call('HDEL', agentKey(agent), 'misses')
  return inARow
end

-- Takes the agents of a call off it, but for `kept`: they never talked (offered), or their talk is over (connected).
local function freeAgentsOf(call, kept)
  local known = redis.call('HMGET', callKey(call), 'state', 'agents')
  for agent in words(known[2]) do
    if agent ~= kept then free(agent, known[1] == 'connected' and NOW or nil) end
  end
end

-- Whether this is the agent's present offer or talk.
local function holds(agent, call, token)
  local known = redis.call('HMGET', agentKey(agent), 'call', 'token')
  return known[1] == call and known[2] == token
end
