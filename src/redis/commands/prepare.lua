-- Matches agents with what calls will ask for, before one does: its own enqueue would do it for all of them at once.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  how many agents to match at most, so that one run stays short · ARGV[5…] demands
-- returns  JSON {prepared}: of so many of the demands, the first, nothing is left to do
-- cost     O(m log n + d), m = the limit, n = agents who stand by, d = demands; O(members of the pool) to copy a set for a new one
-- @include domain
-- @include shares
-- @include talks
-- @include demands
local most, matched = tonumber(ARGV[4]), 0
reply.prepared = 0
for i = 5, #ARGV do
  matched = matched + adopt(ARGV[i], most - matched)
  if redis.call('EXISTS', pendingKey(ARGV[i])) == 1 then break end
  reply.prepared = reply.prepared + 1
  if matched >= most then break end
end
return cjson.encode(reply)
