-- What the Redis store does, each in one atomic step: one function for each method that changes or
-- reads several keys (`agent/store/interface.py` describes them).
--
-- KEYS: as listed in `redis_server.py`. ARGV: the function's name, the session id, and its arguments.
-- The clock is the server's: the clocks of the workers may differ.

local bodies, sessions, attempts, open, due, age, requests, request_bodies = unpack(KEYS, 1, 8)
local given, seconds_of, bills, unbilled, days, counts = unpack(KEYS, 9, 14)
local phase, outcomes, dispatch_claim = unpack(KEYS, 15, 17)
local FIRST_OTHER = 18
local session = ARGV[2]
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000

local store = {}

-- Sessions

local function touch() redis.call('ZADD', age, now, session) end

local function add()
  local before = redis.call('HGET', phase, 'phase')
  if not before then
    redis.call('HSET', phase, 'phase', 'started', 'since', now)
    touch()
  end
  return before
end

local function delete_phase()
  local deleted = redis.call('DEL', phase)
  if redis.call('EXISTS', outcomes) == 0 then redis.call('ZREM', age, session) end
  return deleted
end

local function has_another_room(room_sid)
  local room = redis.call('HGET', phase, 'room_sid')
  return room_sid ~= '' and room and room ~= room_sid
end

local function reached_limit(limits)
  for i = 0, #limits / 3 - 1 do
    local window, window_before = unpack(KEYS, FIRST_OTHER + 2 * i, FIRST_OTHER + 2 * i + 1)
    local amount, window_s, passed = unpack(limits, 3 * i + 1, 3 * i + 3)
    local current = tonumber(redis.call('GET', window) or 0)
    local before = tonumber(redis.call('GET', window_before) or 0)
    if math.floor(before * (1 - passed)) + current >= tonumber(amount) then
      return {i, before, current}
    end
    redis.call('INCR', window)
    redis.call('EXPIRE', window, 2 * window_s)
  end
end

function store.phase() return redis.call('HGET', phase, 'phase') end

function store.count(...) return reached_limit({...}) end

function store.start(claim_ms, ...)
  local reached = reached_limit({...})
  if reached then return reached end
  local before = add()
  if not before and tonumber(claim_ms) > 0 then
    redis.call('SET', dispatch_claim, '', 'NX', 'PX', claim_ms)
  end
  return before
end

function store.mark_met()
  if redis.call('HGET', phase, 'phase') == 'started' then
    redis.call('HSET', phase, 'phase', 'met', 'since', now)
    touch()
  end
end

function store.end_session(room_sid, reason, presumed)
  if has_another_room(room_sid) then return end
  local known = redis.call('HMGET', phase, 'phase', 'reason')
  if known[1] ~= 'ended' or known[2] == presumed then
    redis.call('HSET', phase, 'phase', 'ended', 'reason', reason, 'since', now)
    touch()
  end
end

function store.end_reason() return redis.call('HMGET', phase, 'phase', 'reason') end

function store.forget_phase(room_sid, presumed)
  if has_another_room(room_sid) then return end
  local known = redis.call('HMGET', phase, 'phase', 'reason')
  if known[1] ~= 'ended' or known[2] == presumed then delete_phase() end
end

function store.restart()
  if redis.call('HGET', phase, 'phase') ~= 'ended' then return 0 end
  return delete_phase()
end

-- Requests

function store.set_room(room_sid)
  if redis.call('EXISTS', phase) == 1 then redis.call('HSET', phase, 'room_sid', room_sid) end
  local request = redis.call('HGET', request_bodies, session)
  if request then
    local body = cjson.decode(request)
    body.room_sid = room_sid
    redis.call('HSET', request_bodies, session, cjson.encode(body))
  end
  return request
end

function store.save_request(room_sid, job_metadata, dispatched)
  local before = add()
  if before == 'ended' then return before end
  local known = store.set_room(room_sid)
  redis.call('ZADD', requests, now, session)
  if dispatched == '1' or not known then
    local body = {job_metadata = job_metadata, room_sid = room_sid}
    if dispatched == '1' then body.dispatched = now end
    redis.call('HSET', request_bodies, session, cjson.encode(body))
  end
  return before
end

function store.recent_requests(within_s, keep_s)
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', requests, '-inf', '(' .. (now - keep_s))) do
    redis.call('ZREM', requests, old)
    redis.call('HDEL', request_bodies, old)
  end
  local found = {}
  local asked = redis.call('ZRANGEBYSCORE', requests, now - within_s, '+inf', 'WITHSCORES')
  for i = 1, #asked, 2 do
    found[#found + 1] = {asked[i], asked[i + 1], redis.call('HGET', request_bodies, asked[i])}
  end
  return {tostring(now), found}
end

-- Leases

function store.hold_lease(holder, ttl_ms)
  local lease = KEYS[FIRST_OTHER]
  local held_by = redis.call('GET', lease)
  if held_by and held_by ~= holder then return 0 end
  redis.call('SET', lease, holder, 'PX', ttl_ms)
  return 1
end

function store.release_lease(holder)
  local lease = KEYS[FIRST_OTHER]
  if redis.call('GET', lease) == holder then redis.call('DEL', lease) end
end

-- Outcomes

local function is_forgotten(age_s)
  local forgotten = redis.call('GET', KEYS[FIRST_OTHER])
  return forgotten and now - forgotten < tonumber(age_s)
end

local function delete_session()
  local ids = redis.call('ZRANGE', outcomes, 0, -1)
  for _, id in ipairs(ids) do
    redis.call('HDEL', bodies, id)
    redis.call('HDEL', sessions, id)
    redis.call('HDEL', attempts, id)
    redis.call('ZREM', open, id)
    redis.call('ZREM', due, id)
  end
  redis.call('DEL', phase, outcomes)
  redis.call('ZREM', age, session)
  redis.call('ZREM', requests, session)
  redis.call('HDEL', request_bodies, session)
  return #ids
end

local function touch_session_of(id)
  redis.call('ZADD', age, now, redis.call('HGET', sessions, id))
end

function store.open_outcome(id, body, lease_s, age_s)
  if is_forgotten(age_s) then return 0 end
  if redis.call('HSETNX', sessions, id, session) == 1 then
    redis.call('ZADD', outcomes, now, id)
  elseif not redis.call('ZSCORE', open, id) then
    return 0
  end
  redis.call('HSET', bodies, id, body)
  redis.call('ZADD', open, now + lease_s, id)
  touch()
  return 1
end

function store.close_outcome(id, body, only_expired)
  local lease = redis.call('ZSCORE', open, id)
  if not lease or (only_expired == '1' and tonumber(lease) > now) then return 0 end
  redis.call('ZREM', open, id)
  redis.call('HSET', bodies, id, body)
  redis.call('ZADD', due, now, id)
  touch_session_of(id)
  return 1
end

function store.expired_outcomes(limit)
  local found = {}
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', open, '-inf', now, 'LIMIT', 0, limit)) do
    found[#found + 1] = {id, redis.call('HGET', bodies, id)}
  end
  return found
end

function store.due_outcomes(limit, reserve_s, overdue_s)
  local found = {}
  local ids = redis.call('ZRANGEBYSCORE', due, '-inf', now - overdue_s, 'LIMIT', 0, limit)
  for _, id in ipairs(ids) do
    if tonumber(reserve_s) > 0 then redis.call('ZADD', due, now + reserve_s, id) end
    local body, failed = redis.call('HGET', bodies, id), redis.call('HGET', attempts, id)
    found[#found + 1] = {id, body, failed or '0'}
  end
  return found
end

function store.retry_delivery(id, failed, delay_s)
  if not redis.call('ZSCORE', due, id) then return end
  redis.call('ZADD', due, now + delay_s, id)
  redis.call('HSET', attempts, id, failed)
end

function store.finish_delivery(id)
  redis.call('ZREM', due, id)
  redis.call('HDEL', attempts, id)
end

function store.outcomes()
  local found = {}
  for _, id in ipairs(redis.call('ZRANGE', outcomes, 0, -1)) do
    found[#found + 1] = redis.call('HGET', bodies, id)
  end
  return found
end

function store.forget_session(kept_ms)
  redis.call('SET', KEYS[FIRST_OTHER], now, 'PX', kept_ms)
  return delete_session()
end

function store.is_forgotten(age_s) return is_forgotten(age_s) and 1 or 0 end

function store.forget_session_if_old(age_s)
  local changed = redis.call('ZSCORE', age, session)
  if not changed or tonumber(changed) > now - age_s then return 0 end
  for _, id in ipairs(redis.call('ZRANGE', outcomes, 0, -1)) do
    local lease = redis.call('ZSCORE', open, id)
    if lease and tonumber(lease) > now then
      touch()
      return 0
    end
  end
  return delete_session()
end

function store.old_sessions(age_s, limit)
  return redis.call('ZRANGEBYSCORE', age, '-inf', now - age_s, 'LIMIT', 0, limit)
end

-- The avatar ledger, and counts

function store.add_avatar_seconds(day, seconds, id)
  redis.call('HINCRBYFLOAT', days, day, seconds)
  if id == '' then return end
  if not redis.call('ZSCORE', given, id) then redis.call('ZADD', given, now, id) end
  redis.call('HINCRBYFLOAT', seconds_of, id, seconds)
  redis.call('HDEL', bills, id)
  redis.call('ZADD', unbilled, now, id)
end

function store.avatar_sessions(only_unbilled)
  local found = {}
  for _, id in ipairs(redis.call('ZRANGE', only_unbilled == '1' and unbilled or given, 0, -1)) do
    local changed = redis.call('ZSCORE', unbilled, id)
    local quiet = changed and tostring(now - changed) or '0'
    local seconds, billed = redis.call('HGET', seconds_of, id), redis.call('HGET', bills, id)
    found[#found + 1] = {id, redis.call('ZSCORE', given, id), quiet, seconds, billed or ''}
  end
  return found
end

function store.set_avatar_bill(id, billed)
  if not redis.call('ZSCORE', given, id) then return end
  redis.call('HSET', bills, id, billed)
  redis.call('ZREM', unbilled, id)
end

function store.forget_old_ledger(oldest_day, age_s)
  for _, day in ipairs(redis.call('HKEYS', days)) do
    if day < oldest_day then redis.call('HDEL', days, day) end
  end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', given, '-inf', now - age_s)) do
    redis.call('ZREM', given, id)
    redis.call('HDEL', seconds_of, id)
    redis.call('HDEL', bills, id)
    redis.call('ZREM', unbilled, id)
  end
end

function store.add_counts(...)
  local added = {...}
  for i = 1, #added, 2 do redis.call('HINCRBYFLOAT', counts, added[i], added[i + 1]) end
end

-- A pair of items for each count: a script answers the same in every version of the protocol.
function store.counts() return redis.call('HGETALL', counts) end

return store[ARGV[1]](unpack(ARGV, 3))
