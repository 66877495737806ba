// npm start                                        crawls the demo site
// npm start -- https://example.org --max-pages 50  crawls that
import { build, install, root, run } from "./workspace.mjs";

install();
build("@greenlit/crawler");
const args = process.argv.slice(2);
run(process.execPath, [
  `${root}apps/crawler/dist/main.js`,
  ...(args.length > 0 ? args : ["--demo"]),
]);
