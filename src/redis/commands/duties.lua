-- What agents asked for themselves.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- returns  JSON {duties: {agent: `in`, `out` or `paused SINCE REASON`}}
-- cost     O(agents who ever asked for anything)
-- @include domain
local flat = redis.call('HGETALL', DUTY)
reply.duties = {}
for i = 1, #flat, 2 do
  reply.duties[flat[i]] = flat[i + 1]
end
return cjson.encode(reply)
