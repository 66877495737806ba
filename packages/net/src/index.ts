export { type AgentOptions, createAgent } from "./agent.js";
export type { ServerOptions } from "./base-server.js";
export { blocking, BlockingStream, type NodeStream } from "./blocking-stream.js";
export { BlockingMessage } from "./blocking-message.js";
export { BlockingResponse } from "./blocking-response.js";
export { Body, type BodyOptions, type BodySource, DEFAULT_BODY_LIMIT } from "./body.js";
export {
  connect,
  type ConnectOptions,
  connectStream,
  type StreamConnectOptions,
} from "./connect.js";
export type { Datagram, DatagramOptions } from "./datagram-carrier.js";
export { DatagramServer } from "./datagram-server.js";
export { type DatagramPlace, DatagramSocket } from "./datagram-socket.js";
export type { CallOptions } from "./deadline.js";
export {
  addresses,
  type AddressesOptions,
  clearDnsCache,
  lookup,
  type LookupAddress,
  type LookupOptions,
  type Records,
  resolve,
} from "./dns.js";
export {
  BodyTooLargeError,
  LimitExceededError,
  SocketClosedError,
  UnexpectedEndError,
} from "./errors.js";
export type { NetResponse } from "./exchange.js";
export { blockingFetch, fetch } from "./fetch.js";
export { green } from "./green.js";
export { get, type HttpOptions, requestMessage } from "./http.js";
export { BadRequestError } from "./http-server/bad-request-error.js";
export { ClientGoneError } from "./http-server/client-gone-error.js";
export { type Handler, HttpServer, type StopOptions } from "./http-server/http-server.js";
export type { LimitOptions as ServerLimitOptions } from "./http-server/limits.js";
export { RequestHeaders } from "./http-server/request-headers.js";
export { serve, type ServeOptions } from "./http-server/serve.js";
export { ServerRequest, type UpgradeOptions } from "./http-server/server-request.js";
export type {
  ResponseBody,
  ResponseHeaders,
  ServerResponse,
} from "./http-server/server-response.js";
export { listen, type ListenOptions, type TlsServerOptions } from "./listen.js";
export { Listener } from "./listener.js";
export { DEFAULT_LIMIT, type LimitOptions } from "./reader.js";
export { request, type RequestOptions } from "./request.js";
export { Socket, type SendFileOptions } from "./socket.js";
export { socketPair } from "./socket-pair.js";
export { StreamReader } from "./stream-reader.js";
export { StreamServer } from "./stream-server.js";
export { StreamWriter } from "./stream-writer.js";
export { startTls, type TlsClientOptions, type TlsUpgradeOptions } from "./tls.js";
export type { RequestBody } from "./upload.js";
export {
  connectWebSocket,
  type MessageOptions,
  type WebSocketOptions,
} from "./connect-websocket.js";
export { type Message, WebSocket } from "./websocket.js";
export {
  acceptWebSocket,
  type AcceptWebSocketOptions,
  listenWebSocket,
  type ListenWebSocketOptions,
  WebSocketListener,
} from "./websocket-listener.js";
