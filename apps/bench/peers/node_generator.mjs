// Generators: switch SCALE | memory N
function nanoseconds(n, fn) {
  fn(n);
  const times = [0, 0, 0].map(() => {
    const start = process.cpuUsage();
    fn(n);
    const { user, system } = process.cpuUsage(start);
    return ((user + system) / n) * 1e3;
  });
  return times.sort((a, b) => a - b)[1];
}

const downMain = (depth, fn) => (depth === 0 ? fn() : downMain(depth - 1, fn));

function* down(depth) {
  if (depth > 0) yield* down(depth - 1);
  for (;;) yield;
}

function oneWay(n, depth) {
  const partner = down(depth);
  partner.next();
  const trips = (n) => {
    for (let i = 0; i < n; i++) partner.next();
  };
  return downMain(depth, () => nanoseconds(n, trips)) / 2;
}

function ring(n, size) {
  const members = Array.from({ length: size }, () => down(0));
  const laps = (n) => {
    for (let i = 0; i < n; i++) for (const member of members) member.next();
  };
  return nanoseconds(Math.ceil(n / size), laps) / size / 2;
}

function* empty() {}

function create(n) {
  for (let i = 0; i < n; i++) empty().next();
}

function memory(n) {
  globalThis.gc();
  const before = process.memoryUsage.rss();
  const parked = Array.from({ length: n }, () => down(0));
  for (const each of parked) each.next();
  globalThis.gc();
  return (process.memoryUsage.rss() - before) / 1024 / parked.length;
}

const [question, argument] = [process.argv[2], Number(process.argv[3])];
const n = Math.ceil(150_000 * argument);
const result =
  question === "switch"
    ? {
        shallow: oneWay(n, 0),
        deep50: oneWay(Math.ceil(n / 5), 50),
        deep200: oneWay(Math.ceil(n / 20), 200),
        ring10: ring(n, 10),
        ring1000: ring(n, 1000),
        ring10000: ring(n, 10_000),
        create: nanoseconds(n, create),
      }
    : { [`memory${argument}`]: memory(argument) };
console.log(JSON.stringify(result));
