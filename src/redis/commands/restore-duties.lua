-- What agents asked for, told by a daemon that still knows it: Redis came back empty. What Redis knows itself counts.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  JSON {agent: duty}
-- returns  JSON {assigned?: [{call, agent, token, why, also?}]}
-- cost     O(k d log n), k = agents who were not known, d = demands that an agent matches, n = idle agents + lanes
-- @include domain
-- @include shares
-- @include talks
-- @include demands
-- @include own
-- @include queue
-- @include agents
-- @include presence
-- @include choose
-- @include offers
for agent, duty in pairs(cjson.decode(ARGV[4])) do
  if redis.call('HSETNX', DUTY, agent, duty) == 1 then
    local status = statusOf(agent)
    if duty == 'out' then
      leave(agent)
    elseif status and status ~= 'paused' and status ~= 'wrapUp' then
      standDown(agent)
      carryOn(agent, NOW)
    elseif not status and redis.call('HEXISTS', READY, agent) == 1 then
      signIn(agent)
    end
  end
end
return done()
