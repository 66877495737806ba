// A user's program, for the compiler alone: what it must know, and what it must refuse. Compiled by
// test/packages.test.ts against the packed packages. Each `@ts-expect-error` refuses the line
// below.
import {
  after,
  AsyncResult,
  BoundedSemaphore,
  Channel,
  ChannelClosed,
  Event,
  getCurrent,
  type Greenlet,
  GreenletExit,
  GreenlitError,
  iwait,
  joinAll,
  LoopExit,
  PriorityQueue,
  Queue,
  QueueShutDown,
  run,
  scope,
  select,
  Semaphore,
  type Source,
  spawn,
  spawnLater,
  Timeout,
  wait,
  waitAll,
  withTimeout,
} from "greenlit";
import * as fs from "greenlit/fs";
import { patchAll } from "greenlit/monkey";
import { BodyTooLargeError, fetch, SocketClosedError } from "greenlit/net";
import "greenlit/register";
import * as switcher from "greenlit/switcher";
import * as crawler from "@greenlit/crawler";
import * as testing from "@greenlit/testing";
import * as program from "@greenlit/testing/program";
import * as runProgram from "@greenlit/testing/run-program";
import "@greenlit/testing/setup";

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only if the value has this very type: `is<number>()(1 + 1)`. */
function is<Wanted>() {
  return <Found>(_found: Found, ..._same: Same<Wanted, Found> extends true ? [] : [never]): void =>
    undefined;
}

is<number>()(1 + 1);
// @ts-expect-error `is` itself refuses.
is<string>()(1 + 1);
// @ts-expect-error Nor is `any` what was wanted.
is<string>()(JSON.parse("1"));

export const modules = [fs, switcher, crawler, testing, program, runProgram, patchAll];

interface Job {
  url: string;
}

export function selecting(jobs: Queue<Job>, channel: Channel<number>, source: Source<Date>): void {
  is<string>()(select([jobs]).value.url);
  is<Job>()(select([new PriorityQueue<Job>()]).value);
  is<number>()(select([channel]).value);
  is<Date>()(select([source]).value);
  is<string>()(select([spawn(() => "a text")]).value);
  is<boolean | undefined>()(select([new AsyncResult<boolean | undefined>()]).value);
  is<true>()(select([new Event()]).value);
  is<true>()(select([new Semaphore(2)]).value);
  is<true>()(select([new BoundedSemaphore(2)]).value);
  is<void>()(select([after(100)]).value);
  is<void>()(select([channel.sending(1), jobs.putting({ url: "" })]).value);
  is<number>()(select([Promise.resolve(1)]).value);

  const selection = select([jobs, channel, after(1000)], { priority: true, timeout: null });
  is<0 | 1 | 2>()(selection.index);
  if (selection.index === 0) is<string>()(selection.value.url);
  if (selection.index === 1) is<number>()(selection.value);
  if (selection.index === 1) is<Channel<number>>()(selection.source);

  // @ts-expect-error Neither is a source.
  select([42, "text"]);
  // @ts-expect-error Nor is what only looks like an item of a queue.
  select([{ url: "" }]);
  // @ts-expect-error It is called, or spawned.
  select([() => jobs.get()]);
  // @ts-expect-error They come in an array.
  select(jobs, channel);
  // @ts-expect-error What comes out is no number.
  select([jobs]).value.toFixed();
  // @ts-expect-error Jobs have no such property.
  select([jobs]).value.uri;
  // @ts-expect-error What goes in is no job.
  select([jobs.putting("https://example.org")]);
  // @ts-expect-error No such option.
  select([jobs], { timeOut: 100 });
}

export function spawning(): void {
  const add = (a: number, b: number): number => a + b;
  is<Greenlet<number>>()(spawn(add, 1, 2));
  is<Greenlet<string>>()(spawn(() => Promise.resolve("a text")));
  is<number>()(spawn(add, 1, 2).get());
  is<Greenlet<number>>()(spawnLater(100, add, 1, 2));
  is<Promise<number>>()(run(add, 1, 2));
  is<Greenlet<unknown> | null>()(getCurrent());
  is<number>()(wait(Promise.resolve(1)));

  // @ts-expect-error One is a text.
  spawn(add, 1, "2");
  // @ts-expect-error One is missing.
  spawn(add, 1);
  // @ts-expect-error One is too many.
  spawn(add, 1, 2, 3);
  // @ts-expect-error The function, not what it gives.
  spawn(add(1, 2));
  // @ts-expect-error Milliseconds come first.
  spawnLater(add, 1, 2);
}

export function waiting(event: Event, jobs: Queue<Job>): void {
  const one = spawn(() => 1);
  const text = spawn(() => "a text");
  is<(Greenlet<number> | Greenlet<string>)[]>()(joinAll([one, text]));
  is<Greenlet<number>[]>()(joinAll([one], { raiseError: true, timeout: 100 }));
  is<(Greenlet<number> | Event)[]>()(waitAll([one, event], { count: 1 }));
  for (const ready of iwait([one, text])) is<string | number>()(ready.get());
  is<Job>()(jobs.get({ timeout: 100, signal: AbortSignal.timeout(1000) }));
  for (const job of jobs) is<Job>()(job);

  is<number>()(withTimeout(100, () => 1));
  is<number | null>()(withTimeout(100, () => 1, null));
  is<number>()(withTimeout(null, () => Promise.resolve(1)));
  is<string>()(scope((jobs) => jobs.spawn(() => "a text").get()));
  {
    using deadline = new Timeout(100);
    is<number | null>()(deadline.ms);
  }
  {
    using permit = new Semaphore(1).hold({ timeout: null });
    is<Disposable>()(permit);
  }

  // @ts-expect-error A list, even of one.
  joinAll(one);
  // @ts-expect-error Functions are spawned first.
  joinAll([() => 1]);
  // @ts-expect-error No such option.
  joinAll([one], { raise: true });
  // @ts-expect-error No such option.
  event.wait({ timeoutMs: 100 });
  // @ts-expect-error Options, not milliseconds.
  jobs.get(100);
  // @ts-expect-error Milliseconds come first.
  withTimeout(() => 1, 100);
  // @ts-expect-error The queue holds jobs.
  jobs.put(42);
  // @ts-expect-error Blocking: there is nothing to wait for.
  jobs.get().then((job: Job) => job.url);
  // @ts-expect-error Internal, and so not in the declarations.
  jobs.poll();
}

export function failing(error: unknown): string | null {
  if (error instanceof Timeout) is<"ERR_GREENLIT_TIMEOUT">()(error.code);
  if (error instanceof GreenletExit) is<"ERR_GREENLIT_EXIT">()(error.code);
  if (error instanceof QueueShutDown) is<"ERR_GREENLIT_QUEUE_SHUT_DOWN">()(error.code);
  if (error instanceof ChannelClosed) is<"ERR_GREENLIT_CHANNEL_CLOSED">()(error.code);
  if (error instanceof LoopExit) is<"ERR_GREENLIT_LOOP_EXIT">()(error.code);
  if (error instanceof SocketClosedError) is<"ERR_GREENLIT_SOCKET_CLOSED">()(error.code);
  if (error instanceof BodyTooLargeError) is<"ERR_GREENLIT_BODY_TOO_LARGE">()(error.code);
  // @ts-expect-error Never: its code is another one.
  if (error instanceof Timeout && error.code === "ERR_GREENLIT_EXIT") return null;
  return error instanceof GreenlitError ? error.code : null;
}

export function fetching(): void {
  const response = fetch("https://example.org", { method: "POST" });
  is<number>()(response.status);
  is<string>()(response.text());
  // @ts-expect-error It blocks, and gives a text.
  response.text().then((text: string) => text.length);
  // @ts-expect-error No such option.
  fetch("https://example.org", { methods: "POST" });
}
