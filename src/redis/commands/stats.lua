-- Who does what, and what waits. For metrics, not for decisions.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- returns  JSON {agents: {agent: status}, due: {agent: when that ends by itself}, rests: {agent: why he is paused, if he did not ask},
--          queues: [{queue, length, oldest}]}, one entry a lane; offered calls do not count
-- cost     O(agents + lanes)
-- @include domain
local flat = redis.call('HGETALL', AGENTS)
reply.agents, reply.due, reply.rests, reply.queues = {}, {}, {}, {}
for i = 1, #flat, 2 do
  reply.agents[flat[i]] = flat[i + 1]
  if flat[i + 1] == 'paused' then reply.rests[flat[i]] = redis.call('HGET', agentKey(flat[i]), 'rest') or nil end
end
local due = redis.call('ZRANGE', DUE, 0, -1, 'WITHSCORES')
for i = 1, #due, 2 do
  reply.due[due[i]] = tonumber(due[i + 1])
end
for _, lane in ipairs(redis.call('SMEMBERS', LANES)) do
  local oldest
  -- Within a class the first call is the oldest.
  for class = 0, 2 do
    local range = { string.format('%.0f', class * EMERGENCY), '(' .. string.format('%.0f', (class + 1) * EMERGENCY) }
    local first = redis.call('ZRANGEBYSCORE', laneKey(lane), range[1], range[2], 'LIMIT', 0, 1)[1]
    local at = first and tonumber(string.match(first, '^%d+'))
    if at and (not oldest or at < oldest) then oldest = at end
  end
  local queue = string.match(lane, '^[^/]*/([^/*]*)')
  table.insert(reply.queues, { queue = queue, length = redis.call('ZCARD', laneKey(lane)), oldest = oldest })
end
return cjson.encode(reply)
