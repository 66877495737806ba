import { createHook } from "node:async_hooks";
import { getHub } from "@greenlit/core";

/** One operation each; over when its callback has run. */
const REQUESTS =
  /^(FSREQ\w+|FILEHANDLECLOSEREQ|GETADDRINFOREQWRAP|GETNAMEINFOREQWRAP|QUERYWRAP|(TCP|PIPE)CONNECTWRAP|WRITEWRAP|SHUTDOWNWRAP|UDPSENDWRAP|\w+REQUEST)$/;
/** Would match, and stays until it is collected. */
const NO_REQUEST = "HTTPCLIENTREQUEST";
/** Open until closed, whether anything is on its way or not. */
const HANDLES =
  /^(TCP(SERVER)?WRAP|PIPE(SERVER)?WRAP|UDPWRAP|TTYWRAP|PROCESSWRAP|WORKER|MESSAGEPORT|FSEVENTWRAP|STATWATCHER|SIGNALWRAP)$/;

interface Resource {
  hasRef?(): boolean;
  /** Of an interval. */
  readonly _repeat?: unknown;
  /** Of a compressor at work. */
  readonly buffer?: unknown;
}

const unseenIds = new Set<number>();
let hidden = false;

/** What `fn` makes is no work for anybody. */
export function unseen<T>(fn: () => T): T {
  hidden = true;
  try {
    return fn();
  } finally {
    hidden = false;
  }
}

/** What Node has to do in this thread, as far as it was begun after `enable`. */
export class PendingWork {
  /** Grows with everything that runs in the loop, except for what was made by `unseen`. */
  activity = 0;

  private readonly requests = new Set<number>();
  private readonly timers = new Map<number, Resource>();
  private readonly compressors = new Map<number, Resource>();
  private readonly handles = new Map<number, Resource>();

  private readonly hook = createHook({
    init: (id, type, _trigger, resource) => {
      if (hidden) unseenIds.add(id);
      else if (type === "Timeout" || type === "Immediate") this.timers.set(id, resource);
      else if (type === "ZLIB") this.compressors.set(id, resource);
      else if (HANDLES.test(type)) this.handles.set(id, resource);
      else if (REQUESTS.test(type) && type !== NO_REQUEST) this.requests.add(id);
    },
    before: (id) => {
      if (!unseenIds.has(id)) this.activity++;
    },
    after: (id) => {
      this.requests.delete(id);
    },
    destroy: (id) => {
      for (const some of [this.requests, this.timers, this.compressors, this.handles, unseenIds]) {
        some.delete(id);
      }
    },
  });

  enable(): void {
    this.hook.enable();
  }

  disable(): void {
    this.hook.disable();
  }

  /**
   * True while there is something that will come to an end by itself: a request, a timer of Node's.
   */
  get ending(): boolean {
    if (this.requests.size > 0) return true;
    for (const { buffer } of this.compressors.values()) {
      if (buffer !== undefined && buffer !== null) return true;
    }
    for (const timer of this.timers.values()) {
      if (isAlive(timer) && !repeats(timer)) return true;
    }
    return false;
  }

  /**
   * True while something is open that may bring news, or not: a socket, a server, a child, an
   * interval.
   */
  get open(): boolean {
    if (getHub().outside > 0) return true;
    for (const handle of this.handles.values()) if (isAlive(handle)) return true;
    for (const timer of this.timers.values()) if (isAlive(timer) && repeats(timer)) return true;
    return false;
  }
}

function isAlive(resource: Resource): boolean {
  return typeof resource.hasRef !== "function" || resource.hasRef();
}

function repeats({ _repeat }: Resource): boolean {
  return _repeat !== undefined && _repeat !== null;
}
