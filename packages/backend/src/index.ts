export type { Address } from "./address.js";
export type { Backend, BackendName, BackendStats, Descriptor } from "./backend.js";
export type { Binding } from "./binding.js";
export {
  type Availability,
  BackendUnavailableError,
  DescriptorClosedError,
  DescriptorLimitError,
  systemError,
} from "./errors.js";
export type { FileOperations } from "./file-operations.js";
export { availableBackends, chooseBackend, createBackend, openBackend } from "./open.js";
export { type Direction, READ, WRITE } from "./readiness.js";
export { OPTIONS, system } from "./system.js";
export {
  Epoll,
  EPOLLERR,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  type EpollOptions,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
} from "./epoll.js";
export type { FileLike } from "./fileno.js";
export { Poll, POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDHUP } from "./poll.js";
export { select } from "./select.js";
export { EVENT_READ, EVENT_WRITE, Selector, type SelectorKey } from "./selector.js";
