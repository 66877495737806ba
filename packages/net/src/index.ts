export { type AgentOptions, createAgent } from "./agent.js";
export { BlockingMessage } from "./blocking-message.js";
export { BlockingResponse } from "./blocking-response.js";
export { Body, type BodyOptions, type BodySource, DEFAULT_BODY_LIMIT } from "./body.js";
export { connect, type ConnectOptions, connectStream } from "./connect.js";
export type { CallOptions } from "./deadline.js";
export { lookup, type LookupAddress, type LookupOptions, type Records, resolve } from "./dns.js";
export {
  BodyTooLargeError,
  LimitExceededError,
  SocketClosedError,
  UnexpectedEndError,
} from "./errors.js";
export type { NetResponse } from "./exchange.js";
export { blockingFetch, fetch } from "./fetch.js";
export { get, type HttpOptions, requestMessage } from "./http.js";
export { listen, Listener, type ListenOptions } from "./listener.js";
export { request, type RequestOptions } from "./request.js";
export { Socket } from "./socket.js";
export { DEFAULT_LIMIT, type LimitOptions, StreamReader } from "./stream-reader.js";
export { StreamWriter } from "./stream-writer.js";
export type { RequestBody } from "./upload.js";
