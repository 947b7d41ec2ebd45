-- The agent took the call: from now on only its end frees him. The caller will find him again (sticky).
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  call · ARGV[5] token
-- returns  JSON {valid}; false: the token is old and nothing changed
-- cost     O(log n), n = agents with something due
-- @include domain
-- @include shares
-- @include demands
-- @include queue
-- @include agents
-- @include choose
-- @include offers
-- @include pace
local call, token = ARGV[4], ARGV[5]
local known = redis.call('HMGET', callKey(call), 'token', 'agent', 'plan', 'state', 'lane', 'at')

reply.valid = known[1] == token
if reply.valid then
  if known[4] == 'offered' then countWait(known[5], known[6], 0) end
  redis.call('HSET', callKey(call), 'state', 'connected')
  redis.call('HSET', AGENTS, known[2], 'connected')
  redis.call('ZREM', DUE, known[2])
  local plan = known[3] and cjson.decode(known[3]) or {}
  if plan.sticky then
    -- The end is also in the value: the clock of a test or of the simulator is not that of the server.
    redis.call('SET', stickyKey(plan.sticky), known[2] .. ' ' .. string.format('%.0f', NOW + plan.stickyMs), 'PX', plan.stickyMs)
  end
end
return done()
