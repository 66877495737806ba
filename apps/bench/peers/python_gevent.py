# gevent: spawn SCALE | parked N
import gc
import json
import sys
import time

import gevent
from gevent.event import Event


def seconds(clock, fn, runs):
    times = []
    for _ in range(runs):
        start = clock()
        fn()
        times.append(clock() - start)
    return sorted(times)


def spawn_join(n):
    for _ in range(n):
        gevent.spawn(lambda: None).join()


def join_all(n):
    gevent.joinall([gevent.spawn(lambda: None) for _ in range(n)])


def yields(n):
    def turns():
        for _ in range(n // 10):
            gevent.sleep(0)

    gevent.joinall([gevent.spawn(turns) for _ in range(10)])


def nanoseconds(n, fn, runs=3):
    fn(n // 10 + 10)
    return seconds(time.process_time, lambda: fn(n), runs)[runs // 2] / n * 1e9


def resident_kb():
    return int(open("/proc/self/statm").read().split()[1]) * 4


def parked(n):
    gate = Event()
    before = resident_kb()
    greenlets = [gevent.spawn(gate.wait) for _ in range(n)]
    gevent.sleep(0)
    result = {f"memory{n}": (resident_kb() - before) / n} if n > 0 else {}
    result[f"full{n}"] = seconds(time.perf_counter, gc.collect, 5)[0] * 1e3
    return result


question, argument = sys.argv[1], float(sys.argv[2])
if question == "spawn":
    n = int(20_000 * argument) + 10
    many = int(100_000 * argument) + 10
    result = {
        "spawnJoin": nanoseconds(n, spawn_join),
        "joinAll": nanoseconds(many, join_all, 1),
        "sleep0": nanoseconds(n, yields),
    }
else:
    result = parked(int(argument))
print(json.dumps(result))
