// Managed greenlets: prints nanoseconds of a life from spawn to join, and of a yield.
import { joinAll, run, sleep, spawn } from "greenlit";
import { count, nanoseconds } from "./time.js";

function spawnJoin(n: number): void {
  for (let i = 0; i < n; i++) spawn(() => {}).join();
}

function spawnJoinAll(n: number): void {
  joinAll(Array.from({ length: n }, () => spawn(() => {})));
}

function yields(n: number): void {
  const turns = (): void => {
    for (let i = 0; i < n / 10; i++) sleep(0);
  };
  joinAll(Array.from({ length: 10 }, () => spawn(turns)));
}

await run(() => {
  const result = {
    spawnJoin: nanoseconds(count(50_000), spawnJoin),
    sleep0: nanoseconds(count(150_000), yields),
    joinAll: nanoseconds(count(100_000), spawnJoinAll),
  };
  console.log(JSON.stringify(result));
});
