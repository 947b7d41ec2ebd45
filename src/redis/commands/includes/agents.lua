-- What an agent does now (AGENTS), from what is known of him: his talks and his offer (includes/talks.lua), the after-call work that
-- he owes when the last of them ends, a rest. Whoever is offered or wraps up, or rests after an offer that he did not answer, has an entry
-- in DUE that ends it; a pause that he asked for ends when he asks for that; a call of his own (ownCall) by what his PBX tells.
local function standDown(agent, demands)
  freed[agent] = nil
  for demand in words(demands or redis.call('HGET', agentKey(agent), 'demands')) do
    redis.call('ZREM', idleKey(demand), agent)
  end
end

-- Takes offers: in the sets of his pools, and of the demands that he matches. O(demands of his pools).
local function join(agent, pools, profile)
  local mine, skills = {}, skillsOf(profile)
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
  standDown(agent, known[2])
  for pool in words(known[1]) do
    redis.call('SREM', membersKey(pool), agent)
  end
  standings = {}
  for demand in words(known[2]) do
    redis.call('SREM', ableKey(demand), agent)
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
local KEPT_AT_REST = { 'rest', 'restUntil', 'extendedMs', 'breatherMs' }
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

-- The after-call work that he owes, or does, is done or dropped.
local function excuse(agent, known)
  if known.owedFor then countWork(known.pools, known.owedFor, -1) end
  redis.call('HDEL', agentKey(agent), 'owedMs', 'owedFor', 'extendedMs')
end

-- He has this offer or talk no more. `owedMs`: after-call work for it, which begins when he has nothing else; of several the longest is
-- left. It counts for the tenant from now on.
local function retire(agent, call, owedMs)
  local key, talk = agentKey(agent), talkOf(agent, call)
  if not talk then return end
  local known = redis.call('HMGET', key, 'pools', 'offer', 'owedMs', 'owedFor')
  redis.call('HDEL', talksKey(agent), call)
  if known[2] == call then redis.call('HDEL', key, 'offer') else redis.call('HSET', key, 'since', NOW) end
  local ends = talk.work
  if owedMs and owedMs > tonumber(known[3] or 0) then
    redis.call('HSET', key, 'owedMs', owedMs, 'owedFor', talk.work)
    ends = known[4]
  end
  if ends then countWork(known[1], ends, -1) end
end

-- He has neither talk nor offer.
local function signOut(agent)
  if redis.call('HEXISTS', READY, agent) == 0 and redis.call('HGET', DUTY, agent) ~= 'out' then keep(agent) end
  local known = profileOf(agent)
  excuse(agent, known)
  learn(agent, known.profile, nil)
  part(agent)
  redis.call('ZREM', DUE, agent)
  redis.call('HDEL', AGENTS, agent)
  redis.call('DEL', agentKey(agent))
  letGo(agent)
end

-- Takes no more offers; one who is offered a call or talks leaves when that ends: true.
local function leave(agent)
  if redis.call('EXISTS', talksKey(agent)) == 1 then
    redis.call('HSET', agentKey(agent), 'gone', 1)
    part(agent)
    letGo(agent)
    return true
  end
  if statusOf(agent) then signOut(agent) end
  return false
end

-- Among those who stand by for each demand that he matches.
local function standBy(agent, known)
  for demand in words(known.demands) do
    redis.call('ZADD', idleKey(demand), idleScore(demand, known), agent)
  end
  freed[agent] = true
end

local function becomes(agent, status, dueAt)
  redis.call('HSET', AGENTS, agent, status)
  if dueAt then redis.call('ZADD', DUE, dueAt, agent) else redis.call('ZREM', DUE, agent) end
end

-- Nothing is left of his calls, nor follows on them: idle since `since`; or what he asked for.
local function rests(agent, known, status, since)
  local busyMs = (known.busyMs or 0) + (known.busySince and NOW - known.busySince or 0)
  -- Kept as it is now: his place among the idle must not depend on when a demand or a skill was added.
  known.occupancy, known.since = busyMs / math.max(1, NOW - known.signedInAt), since
  redis.call('HDEL', agentKey(agent), 'busySince', 'rest', 'restUntil', 'breatherMs')
  redis.call('HSET', agentKey(agent), 'since', since, 'busyMs', busyMs, 'occupancy', known.occupancy)
  becomes(agent, status)
  if status == 'idle' then standBy(agent, known) else letGo(agent) end
end

-- What he does from now on, by what is left: an offer, talks; then what he asked for, after-call work, a rest, a call of his own.
-- `since`: if he is idle then, since when; nil: as before.
local function carryOn(agent, since)
  local key, known = agentKey(agent), profileOf(agent)
  if known.offer then return end
  -- Nobody else stands by while he talks.
  if tonumber(known.maxCalls or 1) > 1 then standDown(agent, known.demands) end
  if known.talks > 0 then
    becomes(agent, 'connected', known.restUntil)
    if standsBy(agent, known, 'connected') then standBy(agent, known) end
    return
  end
  local paused = pauseOf(agent) ~= nil
  local breathesUntil = known.breatherMs and NOW + known.breatherMs or 0
  local restUntil = math.max(tonumber(known.restUntil or 0), breathesUntil)
  if known.owedMs and not paused then
    redis.call('HDEL', key, 'owedMs')
    becomes(agent, 'wrapUp', NOW + known.owedMs)
  elseif restUntil > NOW and not paused then
    workEnds(agent)
    redis.call('HDEL', key, 'breatherMs')
    if restUntil == breathesUntil then redis.call('HSET', key, 'restUntil', restUntil, 'rest', 'breather') end
    becomes(agent, 'paused', restUntil)
    if not known.gone then letGo(agent) end
  elseif not known.gone then
    excuse(agent, known)
    rests(agent, known, paused and 'paused' or known.ownCall and 'ownCall' or 'idle', since or known.since)
  end
  -- What was to follow goes on when he is back.
  if known.gone then signOut(agent) end
end

-- He is left alone for so long, also while he talks on.
local function leaveAlone(agent, ms, reason)
  if ms <= 0 then return end
  redis.call('HDEL', agentKey(agent), 'rest')
  redis.call('HSET', agentKey(agent), 'restUntil', NOW + ms)
  if reason and reason ~= '' then redis.call('HSET', agentKey(agent), 'rest', reason) end
end

-- The rest that he has, or the after-call work that he does, ended at `since`.
local function relieve(agent, since)
  if statusOf(agent) == 'wrapUp' then
    excuse(agent, profileOf(agent))
  else
    redis.call('HDEL', agentKey(agent), 'rest', 'restUntil')
  end
  carryOn(agent, since)
end

-- What he asked for counts from now on, and nothing follows on the calls that he had; those that he has go on.
local function settle(agent)
  standDown(agent)
  excuse(agent, profileOf(agent))
  redis.call('HDEL', agentKey(agent), 'rest', 'restUntil', 'breatherMs')
  carryOn(agent, NOW)
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
    if agent ~= kept then
      retire(agent, call)
      carryOn(agent, known[1] == 'connected' and NOW or nil)
    end
  end
end
