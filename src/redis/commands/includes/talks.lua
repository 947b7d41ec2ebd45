-- An agent's set of talks, with the one call that he may be offered besides: each keeps him busy for its tenant since `at`, and is
-- current while its token is this one. `*`: it is a callback.
local function statusOf(agent) return redis.call('HGET', AGENTS, agent) end

-- The pause that he asked for: {reason}; empty: none given.
local function pauseOf(agent)
  local duty = redis.call('HGET', DUTY, agent)
  if not duty or string.sub(duty, 1, 6) ~= 'paused' then return nil end
  return { reason = string.match(duty, '^paused %S+ (.*)$') or '' }
end

local function talkOf(agent, call)
  local token, at, work = string.match(redis.call('HGET', talksKey(agent), call) or '', '^(%S+) (%S+) (.*)$')
  return token and { token = token, at = tonumber(at), work = work }
end

-- Whether this is the agent's present offer or talk.
local function holds(agent, call, token)
  local talk = talkOf(agent, call)
  return talk ~= nil and talk.token == token
end

-- The call of this token, and its talk.
local function talkBy(agent, token)
  for _, call in ipairs(redis.call('HKEYS', talksKey(agent))) do
    local talk = talkOf(agent, call)
    if talk.token == token then return call, talk end
  end
end

-- `work`: what a talk, or the after-call work that he owes for it, counts for: `tenant`, or `tenant *`.
local function countWork(pools, work, change)
  local tenant, callback = string.match(work, '^(%S+)( ?)')
  countBusy(pools, tenant, change)
  if callback ~= '' then countBusy(pools, CALLBACKS, change) end
end

-- All that he is busy with.
local function worksOf(agent, owedFor)
  local works = { owedFor or nil }
  for _, talk in ipairs(redis.call('HVALS', talksKey(agent))) do
    table.insert(works, (string.match(talk, '^%S+ %S+ (.*)$')))
  end
  return works
end

-- He has this offer or talk from now on, if he had it not before.
local function engage(agent, pools, call, token, tenant, callback)
  local before, work = talkOf(agent, call), callback and tenant .. ' *' or tenant
  redis.call('HSET', talksKey(agent), call, token .. ' ' .. string.format('%.0f', before and before.at or NOW) .. ' ' .. work)
  if before and before.work == work then return end
  if before then countWork(pools, before.work, -1) end
  countWork(pools, work, 1)
end

-- His record as a table, with how many talks he has; an offer is none yet.
local function profileOf(agent)
  local flat = redis.call('HGETALL', agentKey(agent))
  local known = {}
  for i = 1, #flat, 2 do
    known[flat[i]] = flat[i + 1]
  end
  known.talks = redis.call('HLEN', talksKey(agent)) - (known.offer and 1 or 0)
  return known
end

-- Whether he may be offered a call now: idle, or in fewer talks than he may have, with nothing that keeps further ones away.
local function standsBy(agent, known, status)
  if status ~= 'connected' then return status == 'idle' end
  if known.talks >= tonumber(known.maxCalls or 1) then return false end
  return not (known.gone or known.ownCall or known.restUntil or known.breatherMs or pauseOf(agent))
end
