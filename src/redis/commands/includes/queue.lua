-- A call's place in its lane. A lane is one queue of one pool; skills will make it (queue, requirement, ring).
local function refreshHead(pool, lane)
  local head = redis.call('ZRANGE', lane, 0, 0, 'WITHSCORES')
  if head[1] then
    redis.call('ZADD', headsKey(pool), head[2], lane)
    redis.call('SADD', LANES, lane)
  else
    redis.call('ZREM', headsKey(pool), lane)
    redis.call('SREM', LANES, lane)
  end
end

local function unplace(call)
  local place = redis.call('HMGET', callKey(call), 'pool', 'queue')
  local lane = laneKey(place[1], place[2])
  redis.call('ZREM', lane, call)
  refreshHead(place[1], lane)
end

-- Puts the call (back) where its score says; its hash holds what is needed.
local function place(call)
  local key = callKey(call)
  local wanted = redis.call('HMGET', key, 'pool', 'queue', 'at')
  redis.call('HSET', key, 'state', 'waiting')
  redis.call('HDEL', key, 'agent', 'token')
  local lane = laneKey(wanted[1], wanted[2])
  redis.call('ZADD', lane, wanted[3], call)
  refreshHead(wanted[1], lane)
  touched[wanted[1]] = true
end
