-- Moves the calls whose wait has reached their next ring into its lane, and those that waited for their own agent long enough to
-- all; offers them to agents who match there.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  how many at most, so that one run stays short
-- returns  JSON {more, assigned?: [{call, agent, token, why, also?}]}; more: call again at once
-- cost     O(k d log n), k = calls that are due, d = demands that an agent matches, n = idle agents + lanes
-- @include domain
-- Mostly nothing is due: then it costs no more than this look.
local limit = tonumber(ARGV[4])
local due = redis.call('ZRANGEBYSCORE', RELAX, '-inf', NOW, 'LIMIT', 0, limit)
if not due[1] then return '{"more":false}' end
-- @include shares
-- @include talks
-- @include demands
-- @include own
-- @include queue
-- @include agents
-- @include choose
-- @include offers
for _, call in ipairs(due) do
  local alone = string.find(redis.call('HGET', callKey(call), 'lane'), '/@', 1, true)
  unplace(call)
  place(call, alone and 'waited' or 'ring')
end
reply.more = #due == limit
return done()
