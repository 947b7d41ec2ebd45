export { freePort } from '../../src/lab/free-port.js';
export { type RedisServer, startRedis } from '../../src/lab/redis.js';
