-- Ends what is due: wrap-ups and pauses (the agent is idle since then), and offers that nobody answered (the call goes back
-- to its place, the agent is left alone for a while).
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  pause after an overdue offer, ms · ARGV[5] how many at most, so that one run stays short
-- returns  JSON {more, assigned?: [{call, agent, token}]}; more: call again at once
-- cost     O(k log n), k = what is due
-- @include domain
-- @include queue
-- @include agents
-- @include offers
local overduePauseMs, limit = tonumber(ARGV[4]), tonumber(ARGV[5])
local due = redis.call('ZRANGEBYSCORE', DUE, '-inf', NOW, 'WITHSCORES', 'LIMIT', 0, limit)

for i = 1, #due, 2 do
  local agent, at = due[i], due[i + 1]
  if statusOf(agent) == 'offered' then
    place(redis.call('HGET', agentKey(agent), 'call'))
    redis.call('ZREM', DUE, agent)
    rest(agent, 'paused', overduePauseMs)
  else
    free(agent, at)
  end
end
reply.more = #due == 2 * limit
return done()
