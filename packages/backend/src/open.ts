import { config } from "@greenlit/core";
import type { Backend, BackendName } from "./backend.js";
import { binding, whyNoBinding } from "./binding.js";
import { checked } from "./checked.js";
import { type Availability, BackendUnavailableError } from "./errors.js";
import { Poller } from "./poller.js";
import { RingBackend, WITHOUT } from "./ring.js";

/** How each is made, and why it cannot be used here, if so. In the order that people see. */
const DRIVERS: Readonly<
  Record<BackendName, { readonly open: () => Backend; readonly refused: () => string | null }>
> = {
  uv: { open: () => new Poller("uv"), refused: () => null },
  select: { open: () => new Poller("select"), refused: () => null },
  poll: { open: () => new Poller("poll"), refused: () => null },
  epoll: {
    open: () => new Poller("epoll"),
    refused: () => notOnLinux(),
  },
  uring: {
    open: () => new RingBackend(),
    refused: () => notOnLinux() ?? (binding()?.whyNoRing(WITHOUT.nothing) || null),
  },
};

function notOnLinux(): string | null {
  return process.platform === "linux" ? null : "it is a part of Linux";
}

const NAMES = Object.keys(DRIVERS) as BackendName[];

/** Which backends this system has; of those it has not, why. */
export function availableBackends(): Availability[] {
  return NAMES.map((name) => ({ name, reason: whyNot(name) }));
}

function whyNot(name: BackendName): string | null {
  return binding() === null ? whyNoBinding() : DRIVERS[name].refused();
}

/**
 * Which backend `config.backend` means here. Where there is no addon it is `uv`, with which sockets
 * are Node's streams; descriptors can then not be opened.
 * @throws BackendUnavailableError when it asks for one that cannot be used here.
 */
export function chooseBackend(): BackendName {
  const { backend } = config;
  if (backend === "auto") return whyNot("epoll") === null ? "epoll" : "uv";
  if (backend !== "uv" && whyNot(backend) !== null) {
    throw new BackendUnavailableError(backend, availableBackends());
  }
  return backend;
}

/**
 * Makes a backend of its own.
 * @throws BackendUnavailableError when it cannot be used here.
 */
export function createBackend(name: BackendName): Backend {
  if (whyNot(name) !== null) throw new BackendUnavailableError(name, availableBackends());
  const backend = DRIVERS[name].open();
  return config.backendCheck ? checked(backend) : backend;
}

let opened: Backend | null = null;

/**
 * The backend of this thread: that of `config.backend` when it is first asked for.
 * @throws BackendUnavailableError when it cannot be used here.
 */
export function openBackend(): Backend {
  return (opened ??= createBackend(chooseBackend()));
}
