# Ruby Fiber: switch SCALE | parked N
require "json"

CPU = Process::CLOCK_PROCESS_CPUTIME_ID
WALL = Process::CLOCK_MONOTONIC

def five(clock)
  Array.new(5) do
    start = Process.clock_gettime(clock)
    yield
    Process.clock_gettime(clock) - start
  end.sort
end

def nanoseconds(n)
  yield n / 10 + 1
  five(CPU) { yield n }[2] / n * 1e9
end

def down(depth, &block) = depth == 0 ? block.call : down(depth - 1, &block)

def forever = loop { Fiber.yield }

def one_way(n, depth)
  partner = Fiber.new { down(depth) { forever } }
  partner.resume
  down(depth) { nanoseconds(n) { |n| n.times { partner.resume } } } / 2
end

def ring(n, size)
  members = Array.new(size) { Fiber.new { forever } }
  members.each(&:resume)
  nanoseconds([1, n / size].max) { |n| n.times { members.each(&:resume) } } / size / 2
end

def resident_kb = File.read("/proc/self/statm").split[1].to_i * 4

def parked(n)
  before = resident_kb
  fibers = Array.new(n) { Fiber.new { forever } }
  fibers.each(&:resume)
  result = n > 0 ? { "memory#{n}" => (resident_kb - before) / n.to_f } : {}
  result.merge("full#{n}" => five(WALL) { GC.start }[0] * 1e3)
end

question, argument = ARGV[0], ARGV[1].to_f
result =
  if question == "switch"
    n = (150_000 * argument).to_i + 1
    {
      shallow: one_way(n, 0),
      deep50: one_way(n, 50),
      deep200: one_way(n, 200),
      ring10: ring(n, 10),
      ring1000: ring(n, 1000),
      ring10000: ring(n, 10_000),
      create: nanoseconds(n / 5 + 1) { |n| n.times { Fiber.new {}.resume } }
    }
  else
    parked(argument.to_i)
  end
puts JSON.generate(result)
