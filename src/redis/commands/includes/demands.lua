-- Who matches which demand: computed when an agent's skills or the demands change, never for a decision.
-- `profile`: as in his record.
local function skillsOf(profile)
  local skills = {}
  for skill, level in string.gmatch(string.match(profile or '', '^[^/]*/([^/]*)/') or '', '(%S+)=(%d+)') do
    skills[skill] = tonumber(level)
  end
  return skills
end

-- He has these skills from now on, and no others; for whoever weighs the fit of many agents.
local function learn(agent, before, profile)
  for skill in pairs(skillsOf(before)) do
    redis.call('HDEL', levelsKey(skill), agent)
  end
  for skill, level in pairs(skillsOf(profile)) do
    redis.call('HSET', levelsKey(skill), agent, level)
  end
end

local function matches(skills, demand)
  for skill, level in string.gmatch(demand, '([^/=,]+)=(%d+)') do
    if (skills[skill] or 0) < tonumber(level) then return false end
  end
  return true
end

-- What an agent's place among those who stand by is: whoever idles goes before whoever talks, fewer talks before more; among these, by
-- the strategy that begins the demand's name. Each of its values is below 10^13.
local TALK = 10 ^ 13
local function idleScore(demand, known)
  local strategy, place = string.match(demand, '^[^/]*'), known.since
  if strategy == 'roundRobin' then place = known.offeredAt end
  if strategy == 'fixedOrder' then place = known.order end
  if strategy == 'leastOccupied' then place = known.occupancy end
  return known.talks * TALK + tonumber(place or 0)
end
-- A demand that he matches is new.
local function standByFor(demand, agent, known)
  if standsBy(agent, known, statusOf(agent)) then redis.call('ZADD', idleKey(demand), idleScore(demand, known), agent) end
end
local function talksAt(score) return math.floor(score / TALK) end

-- The configuration has changed: nobody asks for it any more. O(agents who match it).
local function drop(demand)
  for _, agent in ipairs(redis.call('SMEMBERS', ableKey(demand))) do
    redis.call('HSET', agentKey(agent), 'demands', without(redis.call('HGET', agentKey(agent), 'demands'), demand))
  end
  redis.call('DEL', ableKey(demand), idleKey(demand))
  redis.call('ZREM', demandsKey(poolOf(demand)), demand)
end

-- Matches at most so many of those who are pending; nil: all. Returns how many that were.
local function matchPending(demand, most)
  local pending = redis.call('SPOP', pendingKey(demand), most or redis.call('SCARD', pendingKey(demand)))
  for _, agent in ipairs(pending) do
    -- Who has left meanwhile is matched when he is back.
    local here = redis.call('SISMEMBER', membersKey(poolOf(demand)), agent) == 1
    local profile = here and redis.call('HGET', agentKey(agent), 'profile')
    if here and matches(skillsOf(profile), demand) and redis.call('SADD', ableKey(demand), agent) == 1 then
      local known = profileOf(agent)
      redis.call('HSET', agentKey(agent), 'demands', (known.demands or '') .. ' ' .. demand)
      standByFor(demand, agent, known)
    end
  end
  return #pending
end

-- A call asks for this, or will (prepare.lua): from now on agents are matched with it. O(members of the pool) when it is new, else O(1);
-- `most`: how many of them at most. Returns how many were. What has not been asked for in an hour makes room for it.
local adopted = {} -- by this command
local function adopt(demand, most)
  if adopted[demand] then return 0 end
  adopted[demand] = not most
  local pool = poolOf(demand)
  local last = redis.call('ZSCORE', demandsKey(pool), demand)
  if last and NOW - last < 60000 then return 0 end
  if not last then
    for _, stale in ipairs(redis.call('ZRANGEBYSCORE', demandsKey(pool), '(0', NOW - 3600000)) do
      if redis.call('EXISTS', headsKey(stale)) == 0 then drop(stale) end
    end
    redis.call('SUNIONSTORE', pendingKey(demand), membersKey(pool))
  end
  local matched = last and last ~= '0' and 0 or matchPending(demand, most)
  redis.call('ZADD', demandsKey(pool), redis.call('EXISTS', pendingKey(demand)) == 1 and 0 or NOW, demand)
  return matched
end
