-- What an agent asks for himself: see core/queue/duty.ts.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  agent · ARGV[5] signIn, signOut, pause, ready or extendWrapUp · ARGV[6] `manual`: who asked for nothing is signed out
-- ARGV[7]  reason of the pause, or by how much to extend, ms · ARGV[8] how much at most in all, ms
-- returns  JSON {result, assigned?: [{call, agent, token, why, also?}]}
-- cost     O(d log n), d = demands that an agent matches, n = idle agents + lanes
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
local agent = ARGV[4]
local status, on = statusOf(agent), onDuty(agent, ARGV[6] == 'manual')
-- What he does now is finished first.
local taken = status == 'offered' or status == 'connected'

local wishes = {}

function wishes.signIn()
  if on then return 'already' end
  redis.call('HSET', DUTY, agent, 'in')
  if redis.call('HEXISTS', READY, agent) == 1 then signIn(agent) end
  return 'done'
end

function wishes.signOut()
  if not on then return 'already' end
  redis.call('HSET', DUTY, agent, 'out')
  redis.call('DEL', awayKey(agent))
  return leave(agent) and 'later' or 'done'
end

function wishes.pause()
  if not on then return 'signedOut' end
  local before = pauseOf(agent)
  if before and before.reason == ARGV[7] then return 'already' end
  redis.call('HSET', DUTY, agent, 'paused ' .. string.format('%.0f', NOW) .. (ARGV[7] == '' and '' or ' ' .. ARGV[7]))
  if status then settle(agent) end
  return taken and 'later' or 'done'
end

function wishes.ready()
  if not on then return 'signedOut' end
  local resting = status == 'paused' or status == 'wrapUp' or redis.call('HEXISTS', agentKey(agent), 'restUntil') == 1
  if not resting and not pauseOf(agent) then return 'already' end
  redis.call('HSET', DUTY, agent, 'in')
  if status then settle(agent) end
  return 'done'
end

function wishes.extendWrapUp()
  if not on then return 'signedOut' end
  if status ~= 'wrapUp' then return 'notWrappingUp' end
  local extended = tonumber(redis.call('HGET', agentKey(agent), 'extendedMs') or 0)
  local ms = math.min(tonumber(ARGV[7]), tonumber(ARGV[8]) - extended)
  if ms <= 0 then return 'capped' end
  redis.call('HSET', agentKey(agent), 'extendedMs', extended + ms)
  redis.call('ZINCRBY', DUE, ms, agent)
  return 'done'
end

reply.result = wishes[ARGV[5]]()
return done()
