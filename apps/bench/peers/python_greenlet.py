# python greenlet: switch SCALE | memory N
import json
import sys
import time

from greenlet import getcurrent, greenlet


def nanoseconds(n, fn):
    fn(n // 10 + 1)
    times = []
    for _ in range(3):
        start = time.process_time()
        fn(n)
        times.append((time.process_time() - start) / n * 1e9)
    return sorted(times)[1]


def down(depth, fn):
    return fn() if depth == 0 else down(depth - 1, fn)


def loop():
    main = getcurrent().parent
    while True:
        main.switch()


def one_way(n, depth):
    partner = greenlet(lambda: down(depth, loop))
    partner.switch()

    def trips(n):
        for _ in range(n):
            partner.switch()

    return down(depth, lambda: nanoseconds(n, trips)) / 2


def ring(n, size):
    members = [greenlet(loop) for _ in range(size)]

    def laps(n):
        for _ in range(n):
            for member in members:
                member.switch()

    laps(1)
    return nanoseconds(max(1, n // size), laps) / size / 2


def create(n):
    for _ in range(n):
        greenlet(lambda: None).switch()


def resident_kb():
    return int(open("/proc/self/statm").read().split()[1]) * 4


def memory(n):
    before = resident_kb()
    parked = [greenlet(loop) for _ in range(n)]
    for each in parked:
        each.switch()
    return (resident_kb() - before) / n


question, argument = sys.argv[1], float(sys.argv[2])
if question == "switch":
    n = int(150_000 * argument) + 1
    result = {
        "shallow": one_way(n, 0),
        "deep50": one_way(n, 50),
        "deep200": one_way(n, 200),
        "ring10": ring(n, 10),
        "ring1000": ring(n, 1000),
        "ring10000": ring(n, 10000),
        "create": nanoseconds(n // 5 + 1, create),
    }
else:
    result = {f"memory{int(argument)}": memory(int(argument))}
print(json.dumps(result))
