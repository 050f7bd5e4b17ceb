# The same program as countdown.gil, for Ruby.

settings = ARGV.to_h { |argument| argument.split("=") }
THREADS = settings.fetch("threads", 2).to_i
EACH = settings.fetch("count", 20_000_000).to_i / THREADS

def countdown(n)
  n -= 1 while n > 0
end

def one_after_the_other
  THREADS.times { countdown(EACH) }
end

def in_threads
  THREADS.times.map { Thread.new { countdown(EACH) } }.each(&:join)
end

def microseconds(clock)
  Process.clock_gettime(clock, :microsecond)
end

def timed(name, work)
  cpu = microseconds(Process::CLOCK_PROCESS_CPUTIME_ID)
  start = microseconds(Process::CLOCK_MONOTONIC)
  send(work)
  puts "#{name} #{microseconds(Process::CLOCK_MONOTONIC) - start}"
  puts "#{name}_cpu #{microseconds(Process::CLOCK_PROCESS_CPUTIME_ID) - cpu}"
end

one_after_the_other
timed("sequential", :one_after_the_other)
timed("threads", :in_threads)
timed("again", :one_after_the_other)
