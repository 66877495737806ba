// Goroutines that hand over through channels, on one processor:
// switch SCALE | spawn SCALE | primitives SCALE | sleepers N | asleep N | parked N
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"syscall"
	"time"
)

type result map[string]float64

func cpu() time.Duration {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func wall() time.Duration { return time.Since(begin) }

var begin = time.Now()

func five(clock func() time.Duration, fn func()) []time.Duration {
	times := make([]time.Duration, 5)
	for i := range times {
		start := clock()
		fn()
		times[i] = clock() - start
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	return times
}

func nanoseconds(n int, fn func(n int)) float64 {
	fn(n/10 + 10)
	return float64(five(cpu, func() { fn(n) })[2].Nanoseconds()) / float64(n)
}

//go:noinline
func down(depth int, fn func()) int {
	if depth == 0 {
		fn()
		return 0
	}
	return down(depth-1, fn) + 1
}

var back = make(chan struct{})

func partner(depth int) chan struct{} {
	in := make(chan struct{})
	go down(depth, func() {
		for range in {
			back <- struct{}{}
		}
	})
	return in
}

func oneWay(n, depth int) (ns float64) {
	in := partner(depth)
	down(depth, func() {
		ns = nanoseconds(n, func(n int) {
			for i := 0; i < n; i++ {
				in <- struct{}{}
				<-back
			}
		}) / 2
	})
	return ns
}

func ring(n, size int) float64 {
	members := make([]chan struct{}, size)
	for i := range members {
		members[i] = partner(0)
	}
	laps := n/size + 1
	start := func(n int) {
		for i := 0; i < n; i++ {
			for _, in := range members {
				in <- struct{}{}
				<-back
			}
		}
	}
	return nanoseconds(laps, start) / float64(size) / 2
}

func create(n int) {
	for i := 0; i < n; i++ {
		go func() { back <- struct{}{} }()
		<-back
	}
}

func spawnAll(n int, fn func()) {
	var all sync.WaitGroup
	all.Add(n)
	for i := 0; i < n; i++ {
		go func() { fn(); all.Done() }()
	}
	all.Wait()
}

func residentKB() float64 {
	var size, resident float64
	text, _ := os.ReadFile("/proc/self/statm")
	fmt.Sscan(string(text), &size, &resident)
	return resident * 4
}

func parked(n int) result {
	gate := make(chan struct{})
	before := residentKB()
	for i := 0; i < n; i++ {
		go func() { <-gate }()
	}
	runtime.Gosched()
	found := result{}
	if n > 0 {
		found[fmt.Sprint("memory", n)] = (residentKB() - before) / float64(n)
	}
	found[fmt.Sprint("full", n)] = float64(five(wall, runtime.GC)[0].Nanoseconds()) / 1e6
	return found
}

func both(one, other func()) {
	var all sync.WaitGroup
	all.Add(2)
	go func() { one(); all.Done() }()
	go func() { other(); all.Done() }()
	all.Wait()
}

func handOver(room int) func(n int) {
	return func(n int) {
		channel := make(chan int, room)
		both(func() {
			for i := 0; i < n; i++ {
				channel <- i
			}
		}, func() {
			for i := 0; i < n; i++ {
				<-channel
			}
		})
	}
}

func semaphore(n int) {
	permit := make(chan struct{}, 1)
	spawnAll(10, func() {
		for i := 0; i < n/10; i++ {
			permit <- struct{}{}
			runtime.Gosched()
			<-permit
		}
	})
}

func event(n int) {
	ping, pong := make(chan struct{}, 1), make(chan struct{}, 1)
	play := func(mine, other chan struct{}) func() {
		return func() {
			for i := 0; i < n/2; i++ {
				<-mine
				other <- struct{}{}
			}
		}
	}
	ping <- struct{}{}
	both(play(ping, pong), play(pong, ping))
}

func selecting(n int) {
	even, odd := make(chan int), make(chan int)
	both(func() {
		for i := 0; i < n; i += 2 {
			even <- i
			odd <- i + 1
		}
	}, func() {
		for i := 0; i < (n+1)/2*2; i++ {
			select {
			case <-even:
			case <-odd:
			}
		}
	})
}

func poolMap(n int) {
	places := make(chan struct{}, 100)
	results := make([]int, n)
	var all sync.WaitGroup
	all.Add(n)
	for i := range results {
		places <- struct{}{}
		go func(i int) {
			runtime.Gosched()
			results[i] = i
			<-places
			all.Done()
		}(i)
	}
	all.Wait()
}

func naps() func() time.Duration {
	seed := 1
	return func() time.Duration {
		seed = seed * 16807 % 2147483647
		return time.Duration(1+seed%50) * time.Millisecond
	}
}

func sleepers(n int) result {
	var clocks, works []float64
	for round := 0; round < 5; round++ {
		nap := naps()
		start, used := wall(), cpu()
		var all sync.WaitGroup
		all.Add(n)
		for i := 0; i < n; i++ {
			go func(nap time.Duration) { time.Sleep(nap); all.Done() }(nap())
		}
		all.Wait()
		ms := func(time time.Duration) float64 { return float64(time.Nanoseconds()) / 1e6 }
		clocks = append(clocks, ms(wall()-start))
		works = append(works, ms(cpu()-used))
	}
	first := clocks[0]
	sort.Float64s(clocks[1:])
	sort.Float64s(works[1:])
	return result{"first": first, "sleepers": clocks[3], "work": works[3]}
}

func asleep(n int) float64 {
	nap := naps()
	before := residentKB()
	for i := 0; i < n; i++ {
		go time.Sleep(time.Hour + nap())
	}
	runtime.Gosched()
	return (residentKB() - before) / float64(n)
}

func main() {
	runtime.GOMAXPROCS(1)
	argument, _ := strconv.ParseFloat(os.Args[2], 64)
	n := int(150_000*argument) + 10
	var found result
	switch os.Args[1] {
	case "switch":
		found = result{
			"shallow": oneWay(n, 0), "deep50": oneWay(n, 50), "deep200": oneWay(n, 200),
			"ring10": ring(n, 10), "ring1000": ring(n, 1000), "ring10000": ring(n, 10000),
			"create": nanoseconds(n, create),
		}
	case "spawn":
		found = result{
			"spawnJoin": nanoseconds(n, func(n int) {
				for i := 0; i < n; i++ {
					spawnAll(1, func() {})
				}
			}),
			"joinAll": nanoseconds(int(100_000*argument)+10, func(n int) { spawnAll(n, func() {}) }),
			"sleep0": nanoseconds(n, func(n int) {
				spawnAll(10, func() {
					for i := 0; i < n/10; i++ {
						runtime.Gosched()
					}
				})
			}),
		}
	case "primitives":
		found = result{
			"queue1": nanoseconds(n/3, handOver(1)), "queue": nanoseconds(n/3, handOver(n)),
			"semaphore": nanoseconds(n/3, semaphore), "event": nanoseconds(n/3, event),
			"channel": nanoseconds(n/3, handOver(0)), "select": nanoseconds(n/3, selecting),
			"poolMap": nanoseconds(int(10_000*argument)+10, poolMap),
		}
	case "sleepers":
		found = sleepers(int(argument))
	case "asleep":
		found = result{"asleep": asleep(int(argument))}
	default:
		found = parked(int(argument))
	}
	json.NewEncoder(os.Stdout).Encode(found)
}
