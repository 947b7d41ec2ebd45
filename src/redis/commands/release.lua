-- The agent is through with the call: nothing is kept of it, and he has his after-call work, once he has no other. If they talked, the caller will find
-- him again (sticky), and it counts as handled.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  agent · ARGV[5] token · ARGV[6] wrap-up, ms; 0: none; empty: they never talked
-- ARGV[7]  window, ms · ARGV[8] most of it that he may work, per cent · ARGV[9] breather, ms; empty: no such rule
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
-- @include pace
local agent, token, wrapUpMs, talked = ARGV[4], ARGV[5], tonumber(ARGV[6]) or 0, ARGV[6] ~= ''
local call, talk = talkBy(agent, token)

reply.valid = call ~= nil
if reply.valid then
  if talked then
    local known = redis.call('HMGET', callKey(call), 'lane', 'plan')
    countCall(known[1], NOW - talk.at + math.max(0, wrapUpMs))
    if known[2] then befriend(cjson.decode(known[2]), agent) end
  end
  freeAgentsOf(call, agent)
  redis.call('DEL', callKey(call))
  if ARGV[9] ~= '' then weigh(agent, tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9]) end
  retire(agent, call, wrapUpMs)
  carryOn(agent, NOW)
end
return done()
