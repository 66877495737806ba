// Greenlets that make TLS contexts, which load the certificates that Node trusts. Node keeps them
// for an OS thread; where each greenlet has one of its own, under the driver `thread`, that must
// not end the process. So this runs under it, too.
import { joinAll, run, sleep, spawn } from "@greenlit/core";
import { report } from "@greenlit/switcher";
import tls, { createSecureContext } from "node:tls";
import { child, matches, pass, same, scaled, thrownBy } from "@greenlit/testing/program";

const WAYS = {
  "those that Node brings": () => createSecureContext(),
  "one's own": () => tls.createSecureContext({ ca: tls.rootCertificates[0] }),
  both: () => [tls.createSecureContext({ ca: tls.rootCertificates[1] }), createSecureContext()],
  "a list of revoked ones that is none": () => {
    const { message } = thrownBy(() => createSecureContext({ crl: "none" }), "such a list");
    matches(message, /CRL/, "what it throws");
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
  const { ended, errors } = await child(import.meta.url, [], {
    env: { GREENLIT_SWITCHER: "thread" },
  });
  same(ended, 0, `under the driver thread: ${errors}`);
}

pass(10);
