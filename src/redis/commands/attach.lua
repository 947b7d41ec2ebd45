-- Finds the domain's generation, or makes the domain where there is none: Redis is new or came back empty.
--
-- KEYS[1]  the domain: hash with its generation
-- ARGV[1]  the generation to give it if it has none
-- returns  JSON {generation, created}
-- cost     O(1)
-- The write is refused where Redis takes none (a replica, a full disk), and then the daemon must not believe it is connected.
local created = redis.call('HSETNX', KEYS[1], 'generation', ARGV[1]) == 1
return cjson.encode({ generation = redis.call('HGET', KEYS[1], 'generation'), created = created })
