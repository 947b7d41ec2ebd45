-- Who is there at all: his phone can be rung (READY), and he wants calls (DUTY).
-- Idle; or he goes on with what he did when his phone went.
local function comeBack(agent)
  local key, text = agentKey(agent), redis.call('GET', awayKey(agent))
  redis.call('DEL', awayKey(agent))
  local kept = text and cjson.decode(text)
  if not kept or kept.ends <= NOW then return carryOn(agent, NOW) end
  for name, value in pairs(kept.counts) do
    redis.call('HSET', key, name, value)
  end
  if not kept.due or kept.due <= NOW then return carryOn(agent, NOW) end
  for name, value in pairs(kept.resting) do
    redis.call('HSET', key, name, value)
  end
  if kept.status == 'wrapUp' then redis.call('HSET', key, 'busySince', NOW, 'owedMs', kept.due - NOW) end
  carryOn(agent, NOW)
end

-- Takes offers from now on, as READY says of him: `pools/skills/order/manual/ownCall/maxCalls`.
local function signIn(agent)
  local told = redis.call('HGET', READY, agent)
  local pools, skills, order, ownCall, maxCalls = string.match(told, '^(.-)/(.-)/(.-)/.-/(.-)/(.-)$')
  local key, profile = agentKey(agent), pools .. '/' .. skills .. '/' .. order .. '/' .. maxCalls
  local status = statusOf(agent)
  local known = redis.call('HMGET', key, 'profile', 'gone', 'pools', 'owedFor', 'ownCall')

  if (known[5] or '') ~= ownCall then
    if ownCall == '' then redis.call('HDEL', key, 'ownCall') else redis.call('HSET', key, 'ownCall', ownCall) end
    if status and status ~= 'paused' and status ~= 'wrapUp' then
      standDown(agent)
      carryOn(agent, NOW)
    end
    status = statusOf(agent)
  end
  if status and known[1] == profile and not known[2] then return end

  if status then
    part(agent)
    if known[3] ~= pools then
      for _, work in ipairs(worksOf(agent, known[4])) do
        countWork(known[3], work, -1)
        countWork(pools, work, 1)
      end
    end
  else
    redis.call('HSET', key, 'signedInAt', NOW)
  end
  redis.call('HDEL', key, 'gone')
  redis.call('HSET', key, 'profile', profile, 'pools', pools, 'order', order, 'maxCalls', maxCalls)
  learn(agent, known[1], profile)
  join(agent, pools, profile)
  letGo(agent)
  local joined = profileOf(agent)
  if not status then comeBack(agent) elseif standsBy(agent, joined, status) then standBy(agent, joined) end
end

-- `manual`: who asked for nothing is signed out.
local function onDuty(agent, manual)
  local duty = redis.call('HGET', DUTY, agent)
  if duty then return duty ~= 'out' end
  return not manual
end
