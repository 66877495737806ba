// The contract of @greenlit/testing/blocking-calls, over all calls of descriptors that wait, with
// every driver of this system.
import {
  availableBackends,
  type Backend,
  createBackend,
  type Descriptor,
  READ,
  system,
} from "@greenlit/backend";
import {
  type BlockingCall,
  describeBlockingCalls,
  strayNames,
} from "@greenlit/testing/blocking-calls";
import { describe, expect, it } from "vitest";

const calls = system();
const X = Buffer.from("x");
const HERE = { family: 4, address: "127.0.0.1", port: 0 } as const;

function pair(backend: Backend, type: 1 | 2): [Descriptor, Descriptor] {
  const fds = calls.socketPair(type) as [number, number];
  return [backend.register(fds[0]), backend.register(fds[1])];
}

/** Until the kernel takes no more. */
function fill(descriptor: Descriptor): void {
  while (calls.send(descriptor.fd, Buffer.alloc(1000), 0) > 0);
}

function listening(backend: Backend, backlog: number): Descriptor {
  const fd = calls.socket(4, 1);
  calls.bind(fd, HERE);
  calls.listen(fd, backlog);
  return backend.register(fd);
}

type Names = Exclude<keyof Descriptor, "fd" | "ref" | "unref" | "close" | "release" | "unread">;

function table(backend: Backend): BlockingCall[] {
  const row = (
    name: Names,
    type: 1 | 2,
    call: (one: Descriptor, options: object | undefined) => unknown,
    { full = false, filled = false }: { full?: boolean; filled?: boolean },
  ): BlockingCall => ({
    name: `descriptor.${name}`,
    blocked: () => {
      const [one, other] = pair(backend, type);
      if (full) fill(one);
      return {
        call: (options) => call(one, options),
        state: () => calls.available(other.fd),
        end: () => [one, other].forEach((each) => each.close()),
      };
    },
    easy: () => {
      const [one, other] = pair(backend, type);
      if (filled) other.send(X, "send");
      return {
        call: (options) => call(one, options),
        state: () => [calls.available(one.fd), calls.available(other.fd)],
        end: () => [one, other].forEach((each) => each.close()),
      };
    },
  });
  return [
    row("wait", 1, (one, o) => one.wait(READ, "descriptor.wait", o), { filled: true }),
    {
      ...row("tryWait", 1, (one, o) => one.tryWait(READ, "descriptor.tryWait", o), {
        filled: true,
      }),
      gives: false,
    },
    row("receive", 1, (one, o) => one.receive(10, "descriptor.receive", o), { filled: true }),
    row("send", 1, (one, o) => one.send(X, "descriptor.send", o), { full: true }),
    row("receiveFrom", 2, (one, o) => one.receiveFrom(10, "descriptor.receiveFrom", o), {
      filled: true,
    }),
    row("sendTo", 2, (one, o) => one.sendTo(X, null, "descriptor.sendTo", o), { full: true }),
    {
      name: "descriptor.accept",
      blocked: () => {
        const server = listening(backend, 8);
        return {
          call: (options) => server.accept("descriptor.accept", options),
          end: () => server.close(),
        };
      },
      easy: () => {
        const server = listening(backend, 8);
        const client = calls.socket(4, 1);
        calls.connect(client, calls.localAddress(server.fd) as never);
        return {
          call: (options) => calls.close(server.accept("descriptor.accept", options)),
          state: () => calls.ready(server.fd) & READ,
          end: () => {
            server.close();
            calls.close(client);
          },
        };
      },
    },
    {
      name: "descriptor.connect",
      blocked: () => {
        // Nobody accepts, and the kernel lets no more wait.
        const server = listening(backend, 0);
        const address = calls.localAddress(server.fd) as never;
        const clients = [1, 2, 3].map(() => calls.socket(4, 1));
        for (const client of clients) calls.connect(client, address);
        const sockets: Descriptor[] = [];
        return {
          call: (options) => {
            const socket = backend.register(calls.socket(4, 1));
            sockets.push(socket);
            socket.connect(address, "descriptor.connect", options);
          },
          end: () => {
            for (const client of clients) calls.close(client);
            for (const each of [server, ...sockets]) each.close();
          },
        };
      },
    },
  ];
}

for (const { name, reason } of availableBackends()) {
  if (reason !== null) {
    it.skip(`the backend ${name}: ${reason}`, () => {});
    continue;
  }
  const backend = createBackend(name);
  describe(`the backend ${name}`, () => {
    describeBlockingCalls(table(backend), { describe, it });

    it("has all its calls in the table, and leaves none of them behind", () => {
      const [one, other] = pair(backend, 1);
      const prototype = Object.getPrototypeOf(one) as object;
      const own = [
        "report",
        "begin",
        "check",
        "sendOne",
        "sendMany",
        "afterSend",
        "park",
        "tryPark",
      ];
      const ofRings = [
        "open",
        "await",
        "finish",
        "finishSend",
        "poll",
        "settle",
        "parkReader",
        "wakeReader",
      ];
      const others = [
        "ref",
        "unref",
        "close",
        "release",
        "unread",
        "keepAlive",
        ...own,
        ...ofRings,
      ];
      const names = table(backend).map(({ name }) => name.slice("descriptor.".length));
      const { missing } = strayNames(prototype, names, others);
      one.close();
      other.close();
      expect(missing).toEqual([]);
      expect(backend.stats()).toMatchObject({ registered: 0, waiting: 0 });
    });

    it("refuses what is no descriptor, and nonsense in its calls", () => {
      for (const wrong of ["1", null, undefined, {}, 1.5]) {
        expect(() => backend.register(wrong as never)).toThrow(TypeError);
      }
    });
  });
}
