/**
 * What a Redis store does in one step each. A script runs alone, so it is a transaction.
 *
 * KEYS[1] is the beginning of all keys of a crawl; it has a hash tag, so that they are together:
 *
 *     known            set of digests                 every URL ever found
 *     claims           digest -> URL                  on whose behalf some of them were
 *     queue:<queue>    stream, id 0-<seq + 1>         entries that wait
 *     numbers          queue -> count                 entries that were ever in it
 *     free             queues by when they may be taken
 *     owners           queue -> worker
 *     ready            queue -> ms                    of empty ones that nobody may take yet
 *     leases:<worker>  set of queues                  those that it has
 *     worker:<worker>  epoch, until, pages, reserved, wants, call, answer
 *     workers          set of names
 *     states           name -> JSON
 *     queued           count of all entries that wait
 *
 * And, where most of the entries that wait are kept by RabbitMQ:
 *
 *     outside          set of digests                 entries that wait there
 *     backlog          queue -> count                 how many of them
 *     outsides         set of queues                  that were ever there
 *
 * Every change has a number, and a worker's last answer is kept: a change whose answer was lost
 * with the connection can be asked for again, and happens once.
 */
const LIBRARY = `
local P = KEYS[1]
local call = redis.call

local function now()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function giveBack(worker, queue, ready)
  if call('HGET', P..'owners', queue) ~= worker then return end
  call('HDEL', P..'owners', queue)
  call('SREM', P..'leases:'..worker, queue)
  local isEmpty = call('EXISTS', P..'queue:'..queue) == 0
  if not isEmpty or call('HEXISTS', P..'backlog', queue) == 1 then
    call('ZADD', P..'free', ready, queue)
  elseif ready > 0 then call('HSET', P..'ready', queue, ready) end
end

local function dismiss(worker)
  for _, queue in ipairs(call('SMEMBERS', P..'leases:'..worker)) do giveBack(worker, queue, 0) end
  call('HSET', P..'worker:'..worker, 'until', 0, 'reserved', 0, 'wants', 0)
end

local function bury(time)
  for _, name in ipairs(call('SMEMBERS', P..'workers')) do
    local ends = tonumber(call('HGET', P..'worker:'..name, 'until'))
    if ends > 0 and ends <= time then
      dismiss(name)
      call('HINCRBY', P..'worker:'..name, 'epoch', 1)
    end
  end
end
`;

/**
 * Before each change: ARGV is worker, epoch and number of the change, then what `body` takes. What
 * that returns is kept and answered as JSON.
 */
function change(body: string): string {
  return `${LIBRARY}
local worker = P..'worker:'..ARGV[1]
local epoch = call('HGET', worker, 'epoch')
if not epoch then return {err = 'FORGOTTEN'} end
if epoch ~= ARGV[2] then return {err = 'LEASELOST'} end
local last = call('HMGET', worker, 'call', 'answer')
if last[1] == ARGV[3] then return last[2] end
local at = 3
local function arg()
  at = at + 1
  return ARGV[at]
end
local function number() return tonumber(arg()) end
local function body()
${body}
end
local answer = cjson.encode(body())
call('HSET', worker, 'call', ARGV[3], 'answer', answer)
return answer`;
}

export type ScriptName =
  | "join"
  | "renew"
  | "claim"
  | "take"
  | "release"
  | "reserve"
  | "commit"
  | "receive"
  | "leave";

export const SCRIPTS: Readonly<Record<ScriptName, string>> = {
  /** Worker, lease in ms, version. Takes the name; whoever had it is dead. Answers the epoch. */
  join: `${LIBRARY}
local version = call('GET', P..'version')
if version and version ~= ARGV[3] then return {err = 'VERSION '..version} end
call('SET', P..'version', ARGV[3])
local worker = P..'worker:'..ARGV[1]
local time = now()
dismiss(ARGV[1])
call('SADD', P..'workers', ARGV[1])
call('HSETNX', worker, 'pages', 0)
call('HSET', worker, 'until', time + ARGV[2])
call('HDEL', worker, 'call', 'answer')
bury(time)
return call('HINCRBY', worker, 'epoch', 1)`,

  /** Worker, epoch, lease in ms, queues that it wants. Answers how the crawl stands. */
  renew: `${LIBRARY}
local worker = P..'worker:'..ARGV[1]
local epoch = call('HGET', worker, 'epoch')
if not epoch then return {err = 'FORGOTTEN'} end
if epoch ~= ARGV[2] then return {err = 'LEASELOST'} end
local time = now()
call('HSET', worker, 'until', time + ARGV[3], 'wants', ARGV[4])
bury(time)
local pages, living, wanted = 0, 0, 0
for _, name in ipairs(call('SMEMBERS', P..'workers')) do
  local it = call('HMGET', P..'worker:'..name, 'pages', 'until', 'wants')
  pages = pages + it[1]
  if tonumber(it[2]) > time then living = living + 1 end
  if name ~= ARGV[1] then wanted = wanted + (it[3] or 0) end
end
local queued = tonumber(call('GET', P..'queued') or 0)
return {queued, pages, call('ZCARD', P..'free'), call('HLEN', P..'owners'), living, wanted}`,

  /** Digest, on whose behalf. */
  claim: change(`
  local digest, by = arg(), arg()
  if call('SADD', P..'known', digest) == 1 then call('HSET', P..'claims', digest, by) end
  return call('HGET', P..'claims', digest) == by`),

  /** How many at most. Answers queues, each with how many entries it ever had, if known. */
  take: change(`
  local taken = {}
  local ready = call('ZRANGEBYSCORE', P..'free', '-inf', now(), 'LIMIT', 0, arg())
  for _, queue in ipairs(ready) do
    call('ZREM', P..'free', queue)
    call('HSET', P..'owners', queue, ARGV[1])
    call('SADD', P..'leases:'..ARGV[1], queue)
    local isHere = call('HEXISTS', P..'backlog', queue) == 0
    taken[#taken + 1] = {queue, isHere and tonumber(call('HGET', P..'numbers', queue))}
  end
  return taken`),

  /** Queues, each with a delay in ms. */
  release: change(`
  while at < #ARGV do
    local queue, delay = arg(), number()
    giveBack(ARGV[1], queue, delay > 0 and now() + delay or 0)
  end
  return true`),

  /** How many, the limit. */
  reserve: change(`
  local count, limit = number(), number()
  local left = limit
  for _, name in ipairs(call('SMEMBERS', P..'workers')) do
    local it = call('HMGET', P..'worker:'..name, 'pages', 'reserved')
    left = left - it[1] - it[2]
  end
  local mine = tonumber(call('HGET', worker, 'reserved'))
  local granted = math.max(-mine, math.min(count, math.max(0, left))) + 0 -- no -0
  call('HINCRBY', worker, 'reserved', granted)
  return granted`),

  /**
   * Numbers of pages, and of added, moved, announced, known, ended and states; then all of these:
   * entries as digest, queue, URL, depth, referrer and via, those announced as digest and queue,
   * digests, queues with numbers, names with JSON.
   */
  commit: change(`
  local pages, added, moved, announced = number(), number(), number(), number()
  local known, ended, states = number(), number(), number()
  local touched, queued = {}, 0
  local function push()
    local queue = arg()
    local id = '0-'..call('HINCRBY', P..'numbers', queue, 1)
    call('XADD', P..'queue:'..queue, id, 'u', arg(), 'd', arg(), 'r', arg(), 'v', arg())
    touched[queue] = true
    queued = queued + 1
  end
  for _ = 1, added do
    if call('SADD', P..'known', arg()) == 1 then push() else at = at + 5 end
  end
  for _ = 1, moved do
    arg()
    push()
  end
  for _ = 1, announced do
    local digest, queue = arg(), arg()
    call('SADD', P..'outsides', queue)
    if call('SADD', P..'known', digest) == 1 then
      call('SADD', P..'outside', digest)
      call('HINCRBY', P..'backlog', queue, 1)
      touched[queue] = true
      queued = queued + 1
    end
  end
  for _ = 1, known do call('SADD', P..'known', arg()) end
  for queue in pairs(touched) do
    if call('HEXISTS', P..'owners', queue) == 0 then
      call('ZADD', P..'free', 'NX', call('HGET', P..'ready', queue) or 0, queue)
    end
    call('HDEL', P..'ready', queue)
  end
  local left = {}
  for _ = 1, ended do
    local queue = arg()
    queued = queued - call('XDEL', P..'queue:'..queue, '0-'..arg())
    left[queue] = true
  end
  for queue in pairs(left) do
    if call('XLEN', P..'queue:'..queue) == 0 then call('DEL', P..'queue:'..queue) end
  end
  for _ = 1, states do call('HSET', P..'states', arg(), arg()) end
  call('INCRBY', P..'queued', queued)
  if pages > 0 then
    call('HINCRBY', worker, 'pages', pages)
    local reserved = math.max(0, call('HGET', worker, 'reserved') - pages)
    call('HSET', worker, 'reserved', reserved)
  end
  return true`),

  /**
   * Queue, then entries that were outside, each as digest, URL, depth, referrer and via. Whatever
   * came here before, or has a copy that did, is left out. Answers whether the worker has the
   * queue.
   */
  receive: change(`
  local queue = arg()
  if call('HGET', P..'owners', queue) ~= ARGV[1] then return false end
  while at < #ARGV do
    local digest = arg()
    local wasOutside = call('SREM', P..'outside', digest) == 1
    if wasOutside and call('HINCRBY', P..'backlog', queue, -1) == 0 then
      call('HDEL', P..'backlog', queue)
    end
    if wasOutside or call('SADD', P..'known', digest) == 1 then
      if not wasOutside then call('INCR', P..'queued') end
      local id = '0-'..call('HINCRBY', P..'numbers', queue, 1)
      call('XADD', P..'queue:'..queue, id, 'u', arg(), 'd', arg(), 'r', arg(), 'v', arg())
    else at = at + 4 end
  end
  return true`),

  /** Nothing. Gives back all that the worker has. */
  leave: change(`
  dismiss(ARGV[1])
  return true`),
};
