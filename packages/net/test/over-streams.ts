import { chooseBackend } from "@greenlit/backend";

/** Whether sockets are Node's streams in this process, and not descriptors. */
export const overStreams: boolean = chooseBackend() === "uv";

console.log(
  overStreams
    ? "sockets are Node's streams here: what only descriptors do is not tested"
    : "sockets are descriptors here: what only Node's streams do is not tested",
);
