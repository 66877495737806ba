// npm test: installs, builds, tests. Arguments go to vitest: npm test -- packages/core
import { build, install, root, run } from "./workspace.mjs";

install();
build();
run(process.execPath, [`${root}node_modules/vitest/vitest.mjs`, "run", ...process.argv.slice(2)]);
