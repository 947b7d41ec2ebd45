-- What every verb starts with: who asks, the time, the names of keys, the generation check.
-- Only KEYS[1] is passed: the others share its hash tag, hence its Cluster slot, and their names depend on what is read.
local PREFIX = string.sub(KEYS[1], 1, -#'domain' - 1)
local GENERATION, DAEMON = ARGV[1], ARGV[2]

local AGENTS = PREFIX .. 'agents' -- hash: agent → status, for all who are signed in
local DUE = PREFIX .. 'due' -- sorted set: agent → when his offer, pause or wrap-up ends by itself
local LANES = PREFIX .. 'lanes' -- set: the keys of lanes that are not empty

local function agentKey(agent) return PREFIX .. 'agent:' .. agent end -- hash: pool idleSince call token gone
local function callKey(call) return PREFIX .. 'call:' .. call end -- hash: state daemon queue pool at offerMs agent token
local function membersKey(pool) return PREFIX .. 'members:' .. pool end -- set: agents who take offers, now or soon
local function idleKey(pool) return PREFIX .. 'idle:' .. pool end -- sorted set: agent → idle since
local function headsKey(pool) return PREFIX .. 'heads:' .. pool end -- sorted set: lane key → score of its first call
local function laneKey(pool, queue) return PREFIX .. 'lane:' .. pool .. ':' .. queue end -- sorted set: call → score

local function serverTime()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local NOW = tonumber(ARGV[3]) or serverTime()

-- Pools in which an agent or a call became available: see match().
local touched = {}
-- The verb's answer: an object with named members.
local reply = {}

if redis.call('HGET', KEYS[1], 'generation') ~= GENERATION then
  return redis.error_reply('NOGEN the routing domain is not the one that this daemon knows')
end
