// npm run build
import { build } from "./workspace.mjs";

build();
