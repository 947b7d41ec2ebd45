-- The agent did not take the call: he is left alone for a while, it goes back to its place and to the next idle agent, unless others
-- are still being asked. Also after `accept`: he left before the two were bridged.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  call · ARGV[5] agent · ARGV[6] token · ARGV[7] what follows: a pause, ms (0: idle at once), `paused` until he is ready, `out`; empty:
--          not his doing, idle at once
-- ARGV[8]  so many offers missed in a row; 0: never · ARGV[9] then this instead · ARGV[10] why he did not take it
-- returns  JSON {valid, assigned?: [{call, agent, token, why, also?}]}; valid false: the token is old and nothing changed
-- cost     O(d log n), d = demands that an agent matches, n = idle agents + lanes; it does not grow with waiting calls
-- @include domain
-- @include shares
-- @include talks
-- @include demands
-- @include own
-- @include queue
-- @include agents
-- @include choose
-- @include offers
local call, agent, token, follows = ARGV[4], ARGV[5], ARGV[6], ARGV[7]

reply.valid = holds(agent, call, token)
if reply.valid then
  turnDown(call, agent)
  retire(agent, call)
  if follows ~= '' then follows = miss(agent, follows, tonumber(ARGV[8]), ARGV[9]) end
  if follows == 'out' then
    redis.call('HSET', DUTY, agent, 'out')
    leave(agent)
  else
    if follows == 'paused' and not pauseOf(agent) and redis.call('HGET', DUTY, agent) ~= 'out' then
      redis.call('HSET', DUTY, agent, 'paused ' .. string.format('%.0f', NOW))
    end
    leaveAlone(agent, tonumber(follows) or 0, ARGV[10])
  end
  if statusOf(agent) then carryOn(agent, NOW) end
end
return done()
