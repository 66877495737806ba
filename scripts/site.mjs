// npm run site            builds the site of the documentation, apps/site/.vitepress/dist
// npm run site -- --dev   serves it, and shows changes at once; the API as the docstrings were
//
// Other arguments are those of VitePress: --base /greenlit/ for a site that is not at the top of
// its host, --outDir, --port.
import { install, root, run } from "./workspace.mjs";

const args = process.argv.slice(2);
const dev = args.includes("--dev");

install();
console.error("greenlit: the API reference ...");
// With the packages that the site has, whose TypeScript is older than that of the root.
run(process.execPath, [`${root}apps/site/node_modules/typedoc/bin/typedoc`], {
  cwd: `${root}apps/site`,
});
console.error("greenlit: the pages ...");
run(process.execPath, [
  `${root}node_modules/vitepress/bin/vitepress.js`,
  dev ? "dev" : "build",
  `${root}apps/site`,
  ...args.filter((arg) => arg !== "--dev"),
]);
