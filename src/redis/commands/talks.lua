-- Who talks to which call, as far as is known here, and whether the daemon that has the call is there.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- returns  JSON {talks: [{call, agent, token, held?}]}; held: another daemon has the call, and listens
-- cost     O(agents)
-- @include domain
local present = {} -- daemon → whether it listens
local function listens(daemon)
  if present[daemon] == nil then present[daemon] = redis.call('PUBSUB', 'NUMSUB', PREFIX .. 'daemon:' .. daemon)[2] > 0 end
  return present[daemon]
end

reply.talks = {}
local flat = redis.call('HGETALL', AGENTS)
for i = 1, #flat, 2 do
  if flat[i + 1] == 'connected' then
    local known = redis.call('HMGET', agentKey(flat[i]), 'call', 'token')
    local daemon = redis.call('HGET', callKey(known[1]), 'daemon')
    local held = daemon and daemon ~= DAEMON and listens(daemon) or nil
    table.insert(reply.talks, { call = known[1], agent = flat[i], token = known[2], held = held })
  end
end
return cjson.encode(reply)
