// For who runs a program from its beginning, as `greenlit run` does: `@greenlit/monkey/program`.
export { patchAllWhenLoaded } from "./patch.js";
