// select, Poll, Epoll and Selector with each backend below them: which one it is makes no
// difference.
import { run, sleep, spawn } from "@greenlit/core";
import {
  availableBackends,
  Epoll,
  EPOLLIN,
  EVENT_READ,
  openBackend,
  Poll,
  POLLIN,
  select,
  Selector,
  system,
} from "@greenlit/backend";
import { child, pass, same, unless } from "@greenlit/testing/program";

const calls = system();

/** The ways of waiting for one descriptor; each gives its number when it is ready. */
const WAYS = {
  select: (fd) => (options) => select([fd], [], [], options)[0],
  Poll: (fd) => {
    const poll = new Poll();
    poll.register(fd, POLLIN);
    return (options) => poll.poll(options).map(([ready]) => ready);
  },
  Epoll: (fd) => {
    const epoll = new Epoll();
    epoll.register(fd, EPOLLIN);
    return (options) => epoll.poll(options).map(([ready]) => ready);
  },
  Selector: (fd) => {
    const selector = new Selector();
    selector.register(fd, EVENT_READ);
    return (options) => selector.select(options).map(([key]) => key.fd);
  },
};

if (process.argv[2] === "child") {
  await run(() => {
    for (const [name, make] of Object.entries(WAYS)) {
      const [one, other] = calls.socketPair(1);
      const wait = make(one);
      same(wait({ timeout: 1 }), [], `${name}: nothing comes`);
      const waiting = spawn(() => wait());
      sleep(5);
      same(waiting.ready, false, `${name}: it waits`);
      calls.send(other, Buffer.from("x"), 0);
      same(waiting.get(), [one], `${name}: it is told`);
      same(wait({ timeout: 0 }), [one], `${name}: and told again`);
    }
  });
  console.log(openBackend().name);
} else {
  const drivers = availableBackends().filter(({ name, reason }) =>
    unless(reason ?? false, `the backend ${name}`),
  );
  for (const { name } of drivers) {
    const { ended, output, errors } = await child(import.meta.url, ["child"], {
      env: { GREENLIT_BACKEND: name },
    });
    same([ended, output], [0, `${name}\n`], `${name}: ${errors}`);
  }
  pass(drivers.length);
}
