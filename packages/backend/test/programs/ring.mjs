// The driver `uring` in processes of their own: what is under way when a worker or the process
// ends, what children inherit, which system calls are made, and what is said where there is no
// io_uring.
import { execFileSync, spawnSync } from "node:child_process";
import { constants as files, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { run, sleep, spawn } from "@greenlit/core";
import { availableBackends, createBackend, openBackend, READ, system } from "@greenlit/backend";
import { child, matches, pass, same, unless } from "@greenlit/testing/program";

const calls = system();
const [role] = process.argv.slice(2);
const HERE = { family: 4, address: "127.0.0.1", port: 0 };

function pair(backend, type = 1) {
  return calls.socketPair(type).map((fd) => backend.register(fd));
}

/** Descriptors of this process that are open, sockets and rings. */
function descriptors() {
  return readdirSync("/proc/self/fd")
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return ""; // the folder's own
      }
    })
    .filter((name) => /^socket:|io_uring|fifo/.test(name)).length;
}

/** A listening socket, and where it is. */
function listening(backend) {
  const listener = backend.register(calls.socket(4, 1));
  calls.bind(listener.fd, HERE);
  calls.listen(listener.fd, 1);
  return [listener, calls.localAddress(listener.fd)];
}

/** One operation of each kind, none of which ends. */
function beginAll(backend, fifo) {
  const [one] = pair(backend);
  const [datagrams] = pair(backend, 2);
  const [polled] = pair(backend);
  const [full] = pair(backend);
  const [listener, address] = listening(backend);
  // The kernel lets no more wait.
  const connecting = [1, 2, 3, 4].map(() => backend.register(calls.socket(4, 1)));
  const silent = backend.register(calls.socket(4, 1));
  calls.bind(silent.fd, HERE);
  calls.listen(silent.fd, 0);
  const never = calls.localAddress(silent.fd);
  const waits = [
    () => one.receive(10, "receive"),
    () => datagrams.receiveFrom(10, "receiveFrom"),
    () => polled.wait(READ, "wait"),
    () => full.send(Buffer.alloc(10_000_000), "send"),
    () => backend.register(listener.accept("accept")).receive(10, "receive"),
    ...connecting.map((socket) => () => {
      socket.connect(never, "connect");
      socket.receive(10, "receive");
    }),
    () => backend.files.readFile(fifo, 0, "readFile"),
    () => backend.files.open(fifo, 0, 0, "open"),
  ];
  for (const wait of waits) spawn(wait);
  // A connection that has been accepted, and that nobody has taken.
  for (let i = 0; i < 3; i++) {
    const socket = backend.register(calls.socket(4, 1));
    spawn(() => socket.connect(address, "connect"));
  }
  for (let i = 0; i < 5; i++) sleep(1);
}

/** What the main thread of a child does, or a worker. */
const ROLES = {
  worker() {
    beginAll(createBackend("uring"), workerData.fifo);
    parentPort.postMessage("under way");
  },
  // It is terminated between what the kernel has told, and whoever would have heard of it.
  unheard() {
    const backend = createBackend("uring");
    const [listener, address] = listening(backend);
    spawn(() => listener.accept("accept"));
    sleep(1);
    backend.ring.take = () => {
      parentPort.postMessage("told");
      for (;;);
    };
    spawn(() => backend.files.open(workerData.fifo, files.O_RDWR, 0, "open"));
    for (let i = 0; i < 3; i++) calls.connect(backend.register(calls.socket(4, 1)).fd, address);
  },
  exits() {
    beginAll(createBackend("uring"), process.argv[3]);
    console.log("exits");
    process.exit(5);
  },
  // In many small steps, each of which is a message there and back.
  talks() {
    const backend = createBackend("uring");
    const [listener, address] = listening(backend);
    const client = backend.register(calls.socket(4, 1));
    client.connect(address, "connect");
    const server = backend.register(listener.accept("accept"));
    for (let i = 0; i < 100; i++) {
      client.send(Buffer.from("ping"), "send");
      same(String(server.receive(10, "receive")), "ping", "it arrives");
      server.send(Buffer.from("pong"), "send");
      same(String(client.receive(10, "receive")), "pong", "it comes back");
    }
    same(String(backend.files.readFile("/proc/self/comm", 0, "readFile")).trim() !== "", true, "");
    console.log("talked");
  },
  inherits() {
    const backend = createBackend("uring");
    const [one] = pair(backend);
    spawn(() => one.receive(10, "receive"));
    sleep(1);
    const list = ["-l", "/proc/self/fd"];
    const listed = execFileSync("ls", list, { encoding: "utf8" });
    console.log(/io_uring/.test(listed) ? listed : "none");
    process.exit();
  },
  opens() {
    try {
      console.log(openBackend().name);
    } catch (error) {
      console.log(`${error.code}: ${error.message}`);
    }
  },
};

if (!isMainThread) {
  await run(ROLES[workerData.role]);
} else if (role !== undefined) {
  await run(ROLES[role]);
} else {
  const { reason } = availableBackends().find(({ name }) => name === "uring");
  const folder = mkdtempSync(join(tmpdir(), "greenlit-"));
  const fifo = join(folder, "fifo");
  if (unless(reason ?? false, "all of it")) await checkAll();
  rmSync(folder, { recursive: true });
  pass(reason === null ? 22 : 0);

  async function checkAll() {
    spawnSync("mkfifo", [fifo]);
    const before = descriptors();
    for (const role of [...Array(5).fill("worker"), "unheard"]) {
      const worker = new Worker(new URL(import.meta.url), { workerData: { role, fifo } });
      await new Promise((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
      });
      same(await worker.terminate(), 1, `a worker is terminated: ${role}`);
      same(descriptors(), before, `and leaves no descriptor behind: ${role}`);
    }

    const exits = await child(import.meta.url, ["exits", fifo]);
    same([exits.ended, exits.output], [5, "exits\n"], `the process ends: ${exits.errors}`);

    const inherits = await child(import.meta.url, ["inherits"]);
    same(inherits.output, "none\n", `children have no ring: ${inherits.errors}`);

    const traced = spawnSync(
      "strace",
      [
        "-f",
        "-qq",
        "-e",
        "trace=network,io_uring_enter,io_uring_setup",
        "-o",
        join(folder, "calls"),
        process.execPath,
        ...process.execArgv,
        fileURLToPath(import.meta.url),
        "talks",
      ],
      { encoding: "utf8" },
    );
    if (unless(traced.error === undefined ? false : "there is no strace", "system calls")) {
      same([traced.status, traced.stdout], [0, "talked\n"], `it talks: ${traced.stderr}`);
      const text = execFileSync("cat", [join(folder, "calls")], { encoding: "utf8" });
      matches(text, /io_uring_enter/, "the ring is entered");
      same(
        /\b(accept4?|connect|recvfrom|recvmsg|sendto|sendmsg)\(\d+, (?!.*AF_UNIX)/.exec(text)?.[0],
        undefined,
        "no other call does the work",
      );
    }

    const deny = join(folder, "deny");
    const source = fileURLToPath(new URL("../native/deny.c", import.meta.url));
    const compiled = spawnSync(process.env.CC ?? "cc", ["-o", deny, source], { encoding: "utf8" });
    if (unless(compiled.status === 0 ? false : "there is no C compiler", "seccomp")) {
      const { EPERM, ENOSYS, ENOMEM, EINVAL } = constants.errno;
      for (const [errno, text] of [
        [EPERM, /EPERM: a seccomp profile refuses it|EPERM: sysctl/],
        [ENOSYS, /ENOSYS: the kernel was built without io_uring, or a seccomp profile/],
        [ENOMEM, /RLIMIT_MEMLOCK/],
        [EINVAL, /older than that of Linux 5\.19/],
      ]) {
        // io_uring_setup has this number on every architecture.
        const refused = spawnSync(
          deny,
          [
            errno,
            425,
            process.execPath,
            ...process.execArgv,
            fileURLToPath(import.meta.url),
            "opens",
          ].map(String),
          { encoding: "utf8", env: { ...process.env, GREENLIT_BACKEND: "uring" } },
        );
        matches(refused.stdout, text, `it says why: ${refused.stderr}`);
        matches(refused.stdout, /^ERR_GREENLIT_BACKEND_UNAVAILABLE: .*epoll/, "and what there is");
      }
    }
  }
}
