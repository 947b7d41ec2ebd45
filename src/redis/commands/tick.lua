-- Ends what is due: wrap-ups and pauses (the agent is idle since then), and offers that nobody answered (the call goes back
-- to its place, the agent is left alone for a while).
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  pause after an overdue offer, ms · ARGV[5] how many at most, so that one run stays short
-- returns  JSON {more, assigned?: [{call, agent, token, why, also?}]}; more: call again at once
-- cost     O(k d log n), k = what is due, d = demands that an agent matches, n = idle agents + lanes
-- @include domain
-- Mostly nothing is due: then it costs no more than this look.
local overduePauseMs, limit = tonumber(ARGV[4]), tonumber(ARGV[5])
local due = redis.call('ZRANGEBYSCORE', DUE, '-inf', NOW, 'WITHSCORES', 'LIMIT', 0, limit)
if not due[1] then return '{"more":false}' end
-- @include shares
-- @include talks
-- @include demands
-- @include own
-- @include queue
-- @include agents
-- @include choose
-- @include offers
-- First every call is at its place, then the agents come: else one of them takes a later call.
local rested = {}
for i = 1, #due, 2 do
  local agent = due[i]
  if statusOf(agent) == 'offered' then
    local call = redis.call('HGET', agentKey(agent), 'offer')
    turnDown(call, agent)
    retire(agent, call)
    leaveAlone(agent, overduePauseMs)
    carryOn(agent, NOW)
  else
    table.insert(rested, i)
  end
end
-- One after the other: to compare all of them for each call would grow with their square.
for _, i in ipairs(rested) do
  relieve(due[i], due[i + 1])
  match()
end
reply.more = #due == 2 * limit
return done()
