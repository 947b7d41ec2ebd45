-- Who does what, and what waits. For metrics, not for decisions.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- returns  JSON {agents: {agent: status}, queues: [{queue, length, oldest}]}, one entry a lane; offered calls do not count
-- cost     O(agents + lanes)
-- @include domain
local flat = redis.call('HGETALL', AGENTS)
reply.agents, reply.queues = {}, {}
for i = 1, #flat, 2 do
  reply.agents[flat[i]] = flat[i + 1]
end
for _, lane in ipairs(redis.call('SMEMBERS', LANES)) do
  local head = redis.call('ZRANGE', lane, 0, 0)[1]
  local known = redis.call('HMGET', callKey(head), 'queue', 'at')
  table.insert(reply.queues, { queue = known[1], length = redis.call('ZCARD', lane), oldest = tonumber(known[2]) })
end
return cjson.encode(reply)
