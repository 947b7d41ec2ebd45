-- Signs an agent in; takes back that he is leaving; learns his pools and skills. He gets the best call that he may take.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  agent · ARGV[5] pools, `a b` · ARGV[6] skills, `english=50 medical=60` · ARGV[7] his place in a fixed order
-- returns  JSON {assigned?: [{call, agent, token, why, also?}]}
-- cost     O(d log n), d = demands of his pools, n = idle agents + lanes; O(1) when nothing is new
-- @include domain
-- @include shares
-- @include demands
-- @include own
-- @include queue
-- @include agents
-- @include choose
-- @include offers
local agent, pools, skills, order = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local key, profile = agentKey(agent), pools .. '/' .. skills .. '/' .. order
local status = statusOf(agent)
local known = redis.call('HMGET', key, 'profile', 'gone', 'pools', 'tenant', 'callback')

if status and known[1] == profile and not known[2] then return done() end

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
if status == 'idle' then standBy(agent) elseif not status then free(agent, NOW) end
return done()
