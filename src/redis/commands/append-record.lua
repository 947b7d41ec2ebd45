-- Appends a call's record to the history, once. The ids of the latest calls are kept beside it to know what was written.
--
-- KEYS[1]  the stream · KEYS[2] sorted set: call → end of the call, epoch ms
-- ARGV[1]  call · ARGV[2] end of the call · ARGV[3] the record as JSON · ARGV[4] about how many records to keep · ARGV[5] how many ids
-- returns  1: written, 0: it was there
-- cost     O(log n), n = ids kept
if redis.call('ZADD', KEYS[2], 'NX', ARGV[2], ARGV[1]) == 0 then return 0 end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], '*', 'call', ARGV[1], 'record', ARGV[3])
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - ARGV[5])
return 1
