import * as net from "node:net";
import { system, systemError } from "@greenlit/backend";
import { DescriptorTransport } from "./descriptor-transport.js";
import { Socket } from "./socket.js";
import { socketBackend } from "./socket-backend.js";

/**
 * Two connected sockets, as of socketpair(2): what is written to one is read from the other.
 *
 * @throws the system's error (EMFILE ...); UnsupportedPlatformError where `@greenlit/backend` has
 *   no native part.
 */
export function socketPair(): [Socket, Socket] {
  const pair = system().socketPair(1);
  if (typeof pair === "number") throw systemError("socketpair", pair);
  const [a, b] = pair;
  return [socketOf(a), socketOf(b)];
}

function socketOf(fd: number): Socket {
  const backend = socketBackend();
  if (backend !== null) return new Socket(new DescriptorTransport(backend.register(fd)));
  return Socket.from(new net.Socket({ fd, allowHalfOpen: true }));
}
