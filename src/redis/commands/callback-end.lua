-- Forgets a callback that was made or given up.
--
-- KEYS[1]  the tenant's callbacks: hash, number → JSON {call, …}
-- ARGV[1]  number · ARGV[2] call: that of another call stays
-- returns  1 when it was there
-- cost     O(1)
local json = redis.call('HGET', KEYS[1], ARGV[1])
if not json or cjson.decode(json).call ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])
