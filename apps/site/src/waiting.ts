// Greenlets that wait for sockets, as a play: every moment of it, worked out beforehand, so that it
// can be shown forwards and backwards. The plot is that of packages/core and packages/backend: a
// greenlet tries to read, and parks when nothing is there; when nobody can run, the thread asks the
// kernel, by select, poll or epoll, and resumes those whose descriptors are ready.

export const BACKENDS = ["select", "poll", "epoll"] as const;
export type Backend = (typeof BACKENDS)[number];

/** How many descriptors a set of select has. */
export const SET_SIZE = 1024;

/** Descriptors of this process: 0 to 14, the five below are sockets of greenlets. */
export const DESCRIPTORS = 15;
const CAST: readonly (readonly [name: string, descriptor: number])[] = [
  ["Ann", 4],
  ["Ben", 6],
  ["Cid", 7],
  ["Dot", 11],
  ["Eve", 14],
];

/** The lines that come while the thread sleeps: on which descriptors. Each socket gets two. */
const ARRIVALS: readonly (readonly number[])[] = [[7], [4, 14], [11], [6, 7], [14], [4, 6, 11]];
const LINES_EACH = 2;

export interface Actor {
  readonly name: string;
  readonly descriptor: number;
  readonly state: "ready" | "running" | "parked" | "done";
  /** Its calls, the outermost first. None before the first turn and after the end. */
  readonly frames: readonly string[];
}

export interface Moment {
  /** What happens, in a sentence. */
  readonly text: string;
  readonly running: "hub" | "kernel" | "nobody" | number;
  readonly actors: readonly Actor[];
  /** Descriptors on which a line lies that nobody has read. */
  readonly arrived: readonly number[];
  /** What the kernel keeps from one call to the next: epoll only. */
  readonly registered: readonly number[];
  readonly readyList: readonly number[];
  /** What the call that waits hands over; null while there is no such call. */
  readonly handed: readonly number[] | null;
  /** Of what is handed over: the bits that are set, the entries that are marked. */
  readonly marked: readonly number[];
  /** What is gone through at this moment, one by one. */
  readonly looked: readonly number[];
  /** So far: system calls made in order to wait, and descriptors gone through. */
  readonly calls: number;
  readonly looks: number;
}

/** What one look for ready descriptors goes through. */
export function lookedAt(
  backend: Backend,
  waiting: readonly number[],
  ready: readonly number[],
): readonly number[] {
  switch (backend) {
    case "select": // every bit up to the highest
      return Array.from({ length: Math.max(-1, ...waiting) + 1 }, (_, descriptor) => descriptor);
    case "poll": // every entry of the list
      return waiting;
    case "epoll": // the list of those that are ready
      return ready;
  }
}

/** All that happens, from the first turn to the end of the last greenlet. */
export function play(backend: Backend): readonly Moment[] {
  const moments: Moment[] = [];
  let actors: readonly Actor[] = CAST.map(([name, descriptor]) => ({
    name,
    descriptor,
    state: "ready",
    frames: [],
  }));
  const linesLeft = CAST.map(() => LINES_EACH);
  const queue = CAST.map((_, i) => i);
  let arrived: readonly number[] = [];
  let registered: readonly number[] = [];
  let calls = 0;
  let looks = 0;

  const show = (text: string, running: Moment["running"], more: Partial<Moment> = {}): void => {
    looks += more.looked?.length ?? 0;
    const now = { text, running, actors, arrived, registered, calls, looks };
    moments.push({ readyList: [], handed: null, marked: [], looked: [], ...now, ...more });
  };
  const set = (i: number, state: Actor["state"], ...frames: string[]): void => {
    actors = actors.map((actor, at) => (at === i ? { ...actor, state, frames } : actor));
  };
  const parked = (): number[] =>
    actors.flatMap(({ state, descriptor }) => (state === "parked" ? [descriptor] : []));

  /** The turn of a greenlet: until it has to wait, or returns. */
  const turn = (i: number): void => {
    const { name, descriptor, frames } = actors[i] as Actor;
    set(i, "running", ...(frames.length === 0 ? ["serve"] : frames));
    show(
      frames.length === 0
        ? `${name} begins, on a stack of its own.`
        : `Switch to ${name}: its stack is as it was, and it goes on in the middle of readLine.`,
      i,
    );
    while (arrived.includes(descriptor)) {
      arrived = arrived.filter((other) => other !== descriptor);
      linesLeft[i] = (linesLeft[i] as number) - 1;
      set(i, "running", "serve", "answer");
      show(
        `${name} has its line. readLine has returned, as any call does, and ${name} answers.`,
        i,
      );
      if (linesLeft[i] === 0) {
        set(i, "done");
        registered = registered.filter((other) => other !== descriptor);
        return show(`${name} has answered twice and returns. Its stack is free for another.`, i);
      }
    }
    const isNew = backend === "epoll" && !registered.includes(descriptor);
    if (isNew) {
      registered = [...registered, descriptor];
      calls++;
    }
    set(i, "parked", "serve", "readLine", "wait");
    const told = isNew
      ? ` epoll_ctl tells the kernel of descriptor ${descriptor}, once for all.`
      : "";
    show(
      `${name} calls readLine. Nothing is there, so ${name} parks, with all its calls.${told}`,
      "hub",
    );
  };

  /** Nobody can run: the thread asks the kernel, and sleeps until a line comes. */
  const wait = (coming: readonly number[]): void => {
    const waiting = parked();
    const handed = lookedAt(backend, waiting, []);
    const during = { handed, marked: waiting };
    const answered = { handed, marked: coming };
    calls++;
    show(CALLED[backend], "kernel", { ...during, looked: handed });
    show("Nothing has come. The thread sleeps, and costs nothing.", "nobody", during);
    arrived = [...arrived, ...coming];
    const readyList = backend === "epoll" ? coming : [];
    const which = `${coming.length === 1 ? "A line comes" : "Lines come"} on ${coming.join(", ")}.`;
    show(`${which} ${ARRIVED[backend]}`, "kernel", { ...during, readyList });
    const looked = lookedAt(backend, waiting, coming);
    show(WOKEN[backend], "kernel", { ...answered, looked, readyList });
    for (const descriptor of coming) {
      const i = actors.findIndex((actor) => actor.descriptor === descriptor);
      set(i, "ready", ...(actors[i] as Actor).frames);
      queue.push(i);
    }
    show(RETURNED[backend], "hub", { ...answered, looked });
  };

  show(
    "Five greenlets, each with a socket, are ready to begin. The hub gives each its turn.",
    "hub",
  );
  const coming = ARRIVALS.values();
  for (;;) {
    for (let i = queue.shift(); i !== undefined; i = queue.shift()) turn(i);
    const next = coming.next();
    if (next.done) break;
    wait(next.value);
  }
  show("All are done. The process has nothing to wait for, and ends.", "hub");
  return moments;
}

const CALLED: Readonly<Record<Backend, string>> = {
  select:
    "All wait. select hands the kernel a bit for every descriptor up to the highest; the kernel goes through all of them.",
  poll: "All wait. poll hands the kernel a list of those who wait; the kernel goes through all of it.",
  epoll:
    "All wait. epoll_wait hands over nothing: the kernel knows. It looks at its list of ready descriptors, which is empty.",
};
const ARRIVED: Readonly<Record<Backend, string>> = {
  select: "The kernel wakes the call, and notes nowhere which socket it was.",
  poll: "The kernel wakes the call, and notes nowhere which socket it was.",
  epoll: "The kernel puts it on the list of ready descriptors, and wakes the call.",
};
const WOKEN: Readonly<Record<Backend, string>> = {
  select: "So the kernel goes through all the bits again, and leaves set those that are ready.",
  poll: "So the kernel goes through the whole list again, and marks those that are ready.",
  epoll: "The kernel takes those that are ready from its list, and looks at no other.",
};
const RETURNED: Readonly<Record<Backend, string>> = {
  select: "Back in the process, the hub goes through all the bits to find those still set.",
  poll: "Back in the process, the hub goes through the whole list to find those marked.",
  epoll: "Back in the process, the hub has a list of those that are ready, and of nothing else.",
};
