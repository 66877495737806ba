export { AsyncResult } from "./sync/async-result.js";
export { blocking } from "./calls/blocking.js";
export { BoundedSemaphore } from "./sync/bounded-semaphore.js";
export { Channel } from "./queues/channel.js";
export type { Alarm, Clock } from "./time/clock.js";
export { Condition } from "./sync/condition.js";
export { type Config, config, SETTINGS } from "./config.js";
export { dump, formatDump, type GreenletDump } from "./calls/dump.js";
export {
  BlockingSwitchOutError,
  ChannelClosed,
  ConcurrentObjectUseError,
  GreenletExit,
  GreenlitError,
  InvalidSwitchError,
  LoopExit,
  QueueShutDown,
  StackExhaustedError,
  UnsupportedPlatformError,
} from "./errors.js";
export { Event } from "./sync/event.js";
export { Greenlet, type GreenletState } from "./hub/greenlet.js";
export { Group } from "./groups/group.js";
export { getHub, type Hub } from "./hub/hub.js";
export { joinAll, killAll } from "./calls/join.js";
export type { KillOptions } from "./hub/kill-options.js";
export { idle } from "./calls/idle.js";
export type { MapOptions } from "./groups/imap.js";
export { LifoQueue } from "./queues/lifo-queue.js";
export { type Local, local } from "./sync/local.js";
export { noSwitch } from "./calls/no-switch.js";
export { Pool } from "./groups/pool.js";
export { PriorityQueue } from "./queues/priority-queue.js";
export { Queue } from "./queues/queue.js";
export { RLock } from "./sync/rlock.js";
export { type Outcome, scope, Scope, type ScopePolicy } from "./groups/scope.js";
export { after, select, type Selected, type Selection } from "./calls/select.js";
export type { Source } from "./hub/source.js";
export { Semaphore } from "./sync/semaphore.js";
export { shield } from "./calls/shield.js";
export { sleep } from "./calls/sleep.js";
export { SimpleQueue } from "./queues/simple-queue.js";
export { getCurrent, run, spawn, spawnLater, spawnRaw } from "./calls/spawn.js";
export { Timeout } from "./hub/timeout.js";
export { Timer } from "./hub/timer.js";
export { wait } from "./calls/wait.js";
export { withTimeout } from "./calls/with-timeout.js";
export { iwait, waitAll, type Waitable, type WaitAllOptions } from "./calls/wait-all.js";
export { Entry, WaitList } from "./hub/wait-list.js";
export type { WaitOptions } from "./wait-options.js";
export { Waiter } from "./hub/waiter.js";
export { gettrace, RawGreenlet, settrace, type Trace } from "@greenlit/switcher";
