// Greenlets that make TLS contexts, which load the certificates that Node trusts. Node keeps them for an OS thread; where each
// greenlet has one of its own, under the driver `thread`, that must not end the process. So this runs under it, too.
import { joinAll, run, sleep, spawn } from "@greenlit/core";
import { report } from "@greenlit/switcher";
import { spawnSync } from "node:child_process";
import tls, { createSecureContext } from "node:tls";
import { check, pass, same, scaled } from "@greenlit/testing/program";

const WAYS = {
  "those that Node brings": () => createSecureContext(),
  "one's own": () => tls.createSecureContext({ ca: tls.rootCertificates[0] }),
  both: () => [tls.createSecureContext({ ca: tls.rootCertificates[1] }), createSecureContext()],
  "a list of revoked ones that is none": () => {
    let thrown;
    try {
      createSecureContext({ crl: "none" });
    } catch (error) {
      thrown = error;
    }
    check(thrown instanceof Error && /CRL/.test(thrown.message), `what it throws: ${thrown}`);
  },
  "a server's": () => tls.createServer({}).close(),
  "asked for": () => tls.getCACertificates?.("default"),
  "others from now on": () => tls.setDefaultCACertificates?.(tls.rootCertificates.slice(0, 3)),
  "and these": () => createSecureContext(),
};

for (const [what, make] of Object.entries(WAYS)) {
  const count = scaled(10);
  const made = await run(() =>
    joinAll(
      Array.from({ length: count }, (_, i) =>
        spawn(() => {
          sleep(i % 2);
          make();
          sleep(0);
        }),
      ),
      { raiseError: true },
    ),
  );
  same(made.length, count, what);
}

if (report().driver !== "thread") {
  const { status, stderr } = spawnSync(process.execPath, [...process.execArgv, process.argv[1]], {
    env: { ...process.env, GREENLIT_SWITCHER: "thread" },
    encoding: "utf8",
  });
  check(status === 0, `under the driver thread: ${status} ${stderr.slice(0, 2000)}`);
}

pass(10);
