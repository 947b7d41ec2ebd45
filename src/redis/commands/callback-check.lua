-- Whether a callback was withdrawn. One that is missing is put back: Redis lost its data, the promise was made all the same.
--
-- KEYS[1]  the tenant's callbacks: hash, number → JSON {call, withdrawn?, …}
-- ARGV[1]  number · ARGV[2] call · ARGV[3] JSON
-- returns  an empty text, or why: `calledAgain` also when another call has taken its place
-- cost     O(1)
local json = redis.call('HGET', KEYS[1], ARGV[1])
if not json then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
  redis.call('PEXPIRE', KEYS[1], 691200000) -- as in callback-keep
  return ''
end
local known = cjson.decode(json)
if known.call ~= ARGV[2] then return 'calledAgain' end
return known.withdrawn or ''
