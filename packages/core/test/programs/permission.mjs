// Under Node's permission model a program gets no inspector, which shows Node's stack of async ids:
// greenlets then go through the hub instead of handing over, and one that would have to be taken
// out of further scopes is told why it cannot block.
import { AsyncLocalStorage, AsyncResource, executionAsyncId } from "node:async_hooks";
import { config, joinAll, run, sleep, spawn } from "@greenlit/core";
import { root, settrace } from "@greenlit/switcher";
import { child, matches, pass, same, thrownBy } from "@greenlit/testing/program";

if (process.permission === undefined) {
  const flag = "--permission";
  const known = process.allowedNodeEnvironmentFlags.has(flag) ? flag : "--experimental-permission";
  const flags = [known, "--allow-addons", "--allow-fs-read=*"];
  const { ended, errors } = await child(import.meta.url, [], { flags });
  same(ended, 0, `under ${known}: ${errors}`);
  pass(1);
} else {
  config.handOver = 0;
  const storage = new AsyncLocalStorage();
  await run(() => {
    sleep(1);
    let direct = 0;
    settrace((_event, origin, target) => {
      if (origin !== root() && target !== root()) direct++;
    });
    joinAll(
      [1, 2, 3].map((n) =>
        spawn(() =>
          storage.run(n, () => {
            const id = executionAsyncId();
            for (let i = 0; i < 1000; i++) sleep(0);
            same([storage.getStore(), executionAsyncId()], [n, id], "the context");
          }),
        ),
      ),
    );
    settrace(null);
    same(direct, 0, "switches past the hub");

    const refused = thrownBy(
      () => new AsyncResource("further").runInAsyncScope(() => sleep(0)),
      "to block in a further scope",
    );
    same(refused.code, "ERR_GREENLIT_NESTED_ASYNC_SCOPE", "the code");
    matches(refused.message, /out of reach \(Access to this API/, "why");
    sleep(0);
  });
  pass(6);
}
