-- Who talks to which call, as far as is known here, and whether the daemon that has the call is there.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- returns  JSON {talks: [{call, agent, token, held?}]}; held: another daemon has the call, and listens
-- cost     O(agents)
-- @include domain
-- @include shares
-- @include talks
local present = {} -- daemon → whether it listens
local function listens(daemon)
  if present[daemon] == nil then present[daemon] = redis.call('PUBSUB', 'NUMSUB', PREFIX .. 'daemon:' .. daemon)[2] > 0 end
  return present[daemon]
end

reply.talks = {}
local flat = redis.call('HGETALL', AGENTS)
for i = 1, #flat, 2 do
  local agent, status = flat[i], flat[i + 1]
  local offer = status == 'offered' and redis.call('HGET', agentKey(agent), 'offer')
  for _, call in ipairs((offer or status == 'connected') and redis.call('HKEYS', talksKey(agent)) or {}) do
    local daemon = redis.call('HGET', callKey(call), 'daemon')
    local held = daemon and daemon ~= DAEMON and listens(daemon) or nil
    if call ~= offer then table.insert(reply.talks, { call = call, agent = agent, token = talkOf(agent, call).token, held = held }) end
  end
end
return cjson.encode(reply)
