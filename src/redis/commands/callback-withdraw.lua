-- Withdraws a callback. The entry stays, marked, until the daemon that has the call has seen it.
--
-- KEYS[1]  the tenant's callbacks: hash, number → JSON {call, withdrawn?, …}
-- ARGV[1]  number · ARGV[2] call; empty: whichever it is · ARGV[3] why
-- returns  the callback as it was, or an empty text: there is none
-- cost     O(1)
local json = redis.call('HGET', KEYS[1], ARGV[1])
local known = json and cjson.decode(json)
if not known or known.withdrawn or (ARGV[2] ~= '' and known.call ~= ARGV[2]) then return '' end
known.withdrawn = ARGV[3]
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(known))
return json
