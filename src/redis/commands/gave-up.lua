-- A caller hung up while he waited: should he call again soon, he is due sooner (enqueue).
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  generation · ARGV[2] daemon · ARGV[3] now, epoch ms; empty: the clock of the server
-- ARGV[4]  tenant and caller, hashed · ARGV[5] when he gave up, epoch ms · ARGV[6] how long that is kept, ms
-- returns  JSON {}
-- cost     O(1)
-- @include domain
redis.call('SET', gaveUpKey(ARGV[4]), ARGV[5], 'PX', ARGV[6])
return cjson.encode(reply)
