export { AsyncResult } from "./async-result.js";
export { blocking } from "./blocking.js";
export { BoundedSemaphore } from "./bounded-semaphore.js";
export { Channel } from "./channel.js";
export type { Clock } from "./clock.js";
export { Condition } from "./condition.js";
export { config, SETTINGS } from "./config.js";
export { dump, formatDump, type GreenletDump } from "./dump.js";
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
export { Event } from "./event.js";
export { Greenlet, type GreenletState, type KillOptions } from "./greenlet.js";
export { Group } from "./group.js";
export { getHub, type Hub } from "./hub.js";
export { joinAll, killAll } from "./join.js";
export { idle } from "./idle.js";
export type { MapOptions } from "./imap.js";
export { LifoQueue } from "./lifo-queue.js";
export { type Local, local } from "./local.js";
export { noSwitch } from "./no-switch.js";
export { Pool } from "./pool.js";
export { PriorityQueue } from "./priority-queue.js";
export { Queue } from "./queue.js";
export { RLock } from "./rlock.js";
export { type Outcome, scope, Scope, type ScopePolicy } from "./scope.js";
export { after, select, type Selected, type Selection, type Source } from "./select.js";
export { Semaphore } from "./semaphore.js";
export { shield } from "./shield.js";
export { sleep } from "./sleep.js";
export { SimpleQueue } from "./simple-queue.js";
export { getCurrent, run, spawn, spawnLater, spawnRaw } from "./spawn.js";
export { Timeout, withTimeout } from "./timeout.js";
export { Timer } from "./timer.js";
export { wait } from "./wait.js";
export { iwait, waitAll, type Waitable, type WaitAllOptions } from "./wait-all.js";
export { Entry, WaitList } from "./wait-list.js";
export { Waiter, type WaitOptions } from "./waiter.js";
export { gettrace, RawGreenlet, settrace, type Trace } from "@greenlit/switcher";
