// What npm runs when the package is installed. In the repository nothing is built yet then: there
// `npm run build` compiles.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
if (!existsSync(`${folder}tsconfig.json`)) {
  const { installNativePart } = await import("@greenlit/switcher/install");
  installNativePart(folder);
}
