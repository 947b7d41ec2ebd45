-- Who is there at all: his phone can be rung (READY), and he wants calls (DUTY).
-- Idle; or he goes on with what he did when his phone went.
local function comeBack(agent)
  local key, text = agentKey(agent), redis.call('GET', awayKey(agent))
  redis.call('DEL', awayKey(agent))
  local kept = text and cjson.decode(text)
  if not kept or kept.ends <= NOW then return free(agent, NOW) end
  for name, value in pairs(kept.counts) do
    redis.call('HSET', key, name, value)
  end
  if not kept.due or kept.due <= NOW then return free(agent, NOW) end
  for name, value in pairs(kept.resting) do
    redis.call('HSET', key, name, value)
  end
  redis.call('HSET', key, 'idleSince', NOW)
  if kept.status == 'wrapUp' then redis.call('HSET', key, 'busySince', NOW) end
  rest(agent, kept.status, kept.due - NOW)
end

-- Takes offers from now on, as READY says of him: `pools/skills/order/manual/ownCall`.
local function signIn(agent)
  local told = redis.call('HGET', READY, agent)
  local pools, skills, order, ownCall = string.match(told, '^(.-)/(.-)/(.-)/.-/(.-)$')
  local key, profile = agentKey(agent), pools .. '/' .. skills .. '/' .. order
  local status = statusOf(agent)
  local known = redis.call('HMGET', key, 'profile', 'gone', 'pools', 'tenant', 'callback', 'ownCall')

  if (known[6] or '') ~= ownCall then
    if ownCall == '' then redis.call('HDEL', key, 'ownCall') else redis.call('HSET', key, 'ownCall', ownCall) end
    if status == 'idle' or status == 'ownCall' then settle(agent) end
    status = statusOf(agent)
  end
  if status and known[1] == profile and not known[2] then return end

  if status then
    part(agent)
    if known[4] and known[3] ~= pools then
      countBusy(known[3], known[4], -1)
      countBusy(pools, known[4], 1)
      if known[5] then
        countBusy(known[3], CALLBACKS, -1)
        countBusy(pools, CALLBACKS, 1)
      end
    end
  else
    redis.call('HSET', key, 'signedInAt', NOW)
  end
  redis.call('HDEL', key, 'gone')
  redis.call('HSET', key, 'profile', profile, 'pools', pools, 'order', order)
  redis.call('DEL', skillsKey(agent))
  for skill, level in string.gmatch(skills, '(%S+)=(%d+)') do
    redis.call('HSET', skillsKey(agent), skill, level)
  end
  join(agent, pools)
  letGo(agent)
  if status == 'idle' then standBy(agent) elseif not status then comeBack(agent) end
end

-- Takes no more offers; one who is offered a call or talks leaves when that ends: true.
local function leave(agent)
  local status = statusOf(agent)
  if status == 'offered' or status == 'connected' then
    redis.call('HSET', agentKey(agent), 'gone', 1)
    part(agent)
    letGo(agent)
    return true
  end
  if status then signOut(agent) end
  return false
end

-- `manual`: who asked for nothing is signed out.
local function onDuty(agent, manual)
  local duty = redis.call('HGET', DUTY, agent)
  if duty then return duty ~= 'out' end
  return not manual
end
