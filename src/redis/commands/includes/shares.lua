-- How much of a pool a tenant has: busy is who is offered, talks or wraps up. Guarantee and cap are per cent of the members
-- of the tenant's pool, rounded up; agents of other pools, whom a ring adds, are not shared out. Callbacks have a cap of their own
-- in each pool, counted over all tenants.
local shares = {} -- tenant → {pool, guarantee, cap}, or false
local function shareOf(tenant)
  if shares[tenant] == nil then
    local pool, guarantee, cap = string.match(redis.call('HGET', SHARES, tenant) or '', '^(%S+) (%S+) (%S+)$')
    shares[tenant] = pool and { pool = pool, guarantee = tonumber(guarantee), cap = tonumber(cap) } or false
  end
  return shares[tenant]
end

local standings = {} -- tenant → below, within or capped
local function standingOf(tenant, pool)
  local share = shareOf(tenant)
  if not share or share.pool ~= pool then return 'within' end
  if not standings[tenant] then
    local members = redis.call('SCARD', membersKey(pool))
    local busy = tonumber(redis.call('HGET', busyKey(pool), tenant) or 0)
    standings[tenant] = busy >= math.ceil(members * share.cap / 100) and 'capped'
      or busy < math.ceil(members * share.guarantee / 100) and 'below'
      or 'within'
  end
  return standings[tenant]
end

-- How many more agents of its pool the tenant may have, and how many it has; it has a share.
local function roomOf(tenant)
  local share = shareOf(tenant)
  local members = redis.call('SCARD', membersKey(share.pool))
  local busy = tonumber(redis.call('HGET', busyKey(share.pool), tenant) or 0)
  return math.ceil(members * share.cap / 100) - busy, busy
end

local function callbacksFull(lane, pool)
  local cap = callbackCapOf(lane)
  if not cap then return false end
  local busy = tonumber(redis.call('HGET', busyKey(pool), CALLBACKS) or 0)
  return busy >= math.ceil(redis.call('SCARD', membersKey(pool)) * cap / 100)
end

-- Whether any lane may have to stand back at all.
local function anyCaps() return redis.call('EXISTS', SHARES, waitingKey(CALLBACKS)) > 0 end

-- The tenant may have more agents than before: its waiting calls are looked at again.
local function loosen(tenant)
  standings[tenant], shares[tenant] = nil, nil
  if tenant ~= CALLBACKS and not shareOf(tenant) then return end
  for _, lane in ipairs(redis.call('SMEMBERS', waitingKey(tenant))) do
    touched[lane] = touched[lane] or 'share'
  end
end

-- The pool has one more member: a tenant that was at its cap may be below it now. O(tenants with a share + lanes of callbacks).
local function loosenPool(pool)
  standings = {}
  local members = redis.call('SCARD', membersKey(pool))
  -- Whether a cap that was reached at so many busy ones is not any more.
  local function rises(cap, busy)
    local before = math.ceil((members - 1) * cap / 100)
    return math.ceil(members * cap / 100) > before and tonumber(busy or 0) == before
  end
  for _, lane in ipairs(redis.call('SMEMBERS', waitingKey(CALLBACKS))) do
    if rises(callbackCapOf(lane), redis.call('HGET', busyKey(pool), CALLBACKS)) then touched[lane] = touched[lane] or 'share' end
  end
  local all = redis.call('HGETALL', SHARES)
  for i = 1, #all, 2 do
    local tenant, own, cap = all[i], string.match(all[i + 1], '^(%S+) %S+ (%S+)$')
    if own == pool and redis.call('EXISTS', waitingKey(tenant)) == 1 and rises(cap, redis.call('HGET', busyKey(pool), tenant)) then
      loosen(tenant)
    end
  end
end

local function countBusy(pools, tenant, change)
  for pool in words(pools) do
    if redis.call('HINCRBY', busyKey(pool), tenant, change) <= 0 then redis.call('HDEL', busyKey(pool), tenant) end
  end
  standings[tenant] = nil
  if change < 0 then loosen(tenant) end
end
