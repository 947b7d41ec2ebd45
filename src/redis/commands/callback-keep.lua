-- Keeps a callback, unless too many other numbers of its tenant wait for theirs. It replaces one to the same number.
--
-- KEYS[1]  the tenant's callbacks: hash, number → JSON {call, until, withdrawn?, …}
-- ARGV[1]  number · ARGV[2] call · ARGV[3] JSON · ARGV[4] how many others at most · ARGV[5] now, epoch ms
-- returns  `full`, or the callback that was replaced, or an empty text
-- cost     O(callbacks of the tenant), which the limit bounds
local number, call, json, limit, now = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local flat, others, known = redis.call('HGETALL', KEYS[1]), 0, nil

for i = 1, #flat, 2 do
  local entry = cjson.decode(flat[i + 1])
  if flat[i] == number then
    known = entry.call ~= call and not entry.withdrawn and entry['until'] > now and flat[i + 1] or nil
  elseif entry['until'] <= now then
    -- Its daemon died for good: nobody else ends it.
    redis.call('HDEL', KEYS[1], flat[i])
  elseif not entry.withdrawn then
    others = others + 1
  end
end
if others >= limit then return 'full' end
redis.call('HSET', KEYS[1], number, json)
redis.call('PEXPIRE', KEYS[1], 691200000) -- nothing in it is older than giveUpHours allows: a week
return known or ''
