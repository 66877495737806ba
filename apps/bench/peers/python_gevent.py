# gevent: spawn SCALE | primitives SCALE | sleepers N | asleep N | parked N
import gc
import json
import sys
import time

import gevent
from gevent.event import Event
from gevent.lock import BoundedSemaphore
from gevent.pool import Pool
from gevent.queue import Channel, Queue


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


def both(one, other):
    gevent.joinall([gevent.spawn(one), gevent.spawn(other)])


def hand_over(queue, n):
    def put():
        for i in range(n):
            queue.put(i)

    def get():
        for _ in range(n):
            queue.get()

    both(put, get)


def semaphore(n):
    permit = BoundedSemaphore(1)

    def take():
        for _ in range(n // 10):
            permit.acquire()
            gevent.sleep(0)
            permit.release()

    gevent.joinall([gevent.spawn(take) for _ in range(10)])


def event(n):
    ping, pong = Event(), Event()

    def play(mine, other):
        for _ in range(n // 2):
            mine.wait()
            mine.clear()
            other.set()

    ping.set()
    both(lambda: play(ping, pong), lambda: play(pong, ping))


def pool_map(n):
    Pool(100).map(lambda _: gevent.sleep(0), range(n))


def naps():
    seed = 1
    while True:
        seed = seed * 16807 % 2147483647
        yield 1 + seed % 50


def sleepers(n):
    def once():
        nap = naps()
        start, used = time.perf_counter(), time.process_time()
        gevent.joinall([gevent.spawn(gevent.sleep, next(nap) / 1000) for _ in range(n)])
        return time.perf_counter() - start, time.process_time() - used

    first, *rest = [once() for _ in range(5)]
    return {
        "first": first[0] * 1e3,
        "sleepers": sorted(clock for clock, _ in rest)[2] * 1e3,
        "work": sorted(work for _, work in rest)[2] * 1e3,
    }


def asleep(n):
    nap = naps()
    before = resident_kb()
    greenlets = [gevent.spawn(gevent.sleep, 3600 + next(nap) / 1000) for _ in range(n)]
    gevent.sleep(0)
    return (resident_kb() - before) / len(greenlets)


question, argument = sys.argv[1], float(sys.argv[2])
if question == "primitives":
    n = int(20_000 * argument) + 10
    result = {
        "queue1": nanoseconds(n, lambda n: hand_over(Queue(1), n)),
        "queue": nanoseconds(n, lambda n: hand_over(Queue(), n)),
        "semaphore": nanoseconds(n, semaphore),
        "event": nanoseconds(n, event),
        "channel": nanoseconds(n, lambda n: hand_over(Channel(), n)),
        "poolMap": nanoseconds(int(10_000 * argument) + 10, pool_map, 1),
    }
elif question == "sleepers":
    result = sleepers(int(argument))
elif question == "asleep":
    result = {"asleep": asleep(int(argument))}
elif question == "spawn":
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
