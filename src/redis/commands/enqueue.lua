-- Puts a call at its place and offers it to the best idle agent who may take it. Repeated by the same daemon it changes
-- nothing. A daemon that took the call over gets it back waiting: the offers that its predecessor had are withdrawn. A call
-- that was connected and is enqueued again was given back by its agent, or the release was lost.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  call · ARGV[5] enqueued at, epoch ms · ARGV[6] score: class × 10^13 + deadline · ARGV[7] life of an offer, ms
-- ARGV[8]  tenant · ARGV[9] its share, `pool guarantee% cap%`, or empty
-- ARGV[10] plan, JSON {rings: [{after, lane}], rank?: [skill], sticky?, stickyMs?, wait?, most?, gaveUp?: {caller, withinMs, boostMs}};
--          wait: how long for one's own agent, ms; most: how many are rung at once
-- ARGV[11] how many calls may wait in its queue, this one included; empty: any number
-- returns  JSON {signedIn, full?, held?, assigned?: [{call, agent, token, why, also?}]}; the offers it has already are told again;
--          full: it is new, found no agent and no place, and nothing is kept of it; held: what keeps it from being offered
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
-- How much sooner the call is due because its caller gave up lately, ms.
local function boostOf(gaveUp, enqueuedAt)
  local at = gaveUp and tonumber(redis.call('GET', gaveUpKey(gaveUp.caller)))
  local since = at and enqueuedAt - at
  return since and since >= 0 and since < gaveUp.withinMs and gaveUp.boostMs or 0
end

local call, at, score, offerMs, tenant, share, plan = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local key = callKey(call)
local known = redis.call('HMGET', key, 'state', 'daemon', 'agents', 'why', 'boost')
local state, asks = known[1], cjson.decode(plan)

if (redis.call('HGET', SHARES, tenant) or '') ~= share then
  if share == '' then redis.call('HDEL', SHARES, tenant) else redis.call('HSET', SHARES, tenant, share) end
  loosen(tenant)
end
if state == 'offered' and known[2] == DAEMON then
  reply.assigned = { assignmentOf(call, cjson.decode(known[4]), offersOf(call, known[3])) }
else
  if state == 'waiting' then
    unplace(call)
  elseif state then
    freeAgentsOf(call)
  end
  -- Fixed with the entry: what the caller does later, in another call, does not move this one.
  local boost = known[5] or boostOf(asks.gaveUp, at)
  score = string.format('%.0f', score - boost)
  redis.call('HSET', key, 'daemon', DAEMON, 'at', at, 'score', score, 'boost', boost, 'offerMs', offerMs, 'plan', plan)
  plans[call] = asks
  place(call, 'call')
end
-- Whoever finds an agent at once needs no place in the queue.
local atMost = tonumber(ARGV[11])
match()
local now = redis.call('HMGET', key, 'state', 'lane')
if now[1] == 'waiting' and atMost and not state and lengthOf(now[2]) > atMost then
  unplace(call)
  redis.call('DEL', key)
  reply.full = true
elseif now[1] == 'waiting' then
  reply.held = heldBy(now[2])
end
-- Who could take it in its widest ring. Whoever might come to match a demand is counted only once it is known.
reply.signedIn = 0
for _, ring in ipairs(asks.rings) do
  local able = 0
  for demand in demandsOf(ring.lane) do
    adopt(demand)
    able = able + redis.call('SCARD', ableKey(demand))
  end
  reply.signedIn = math.max(reply.signedIn, able)
end
return done()
