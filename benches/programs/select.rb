# The same program as select.gil, for Ruby.

settings = ARGV.to_h { |argument| argument.split("=") }
WAIT = settings.fetch("milliseconds", 200).to_i / 1000.0

def one
  IO.select([], [], [], WAIT)
end

def one_after_the_other
  one
  one
end

def in_threads
  2.times.map { Thread.new { one } }.each(&:join)
end

def timed(name, work)
  start = Process.clock_gettime(Process::CLOCK_MONOTONIC, :microsecond)
  send(work)
  puts "#{name} #{Process.clock_gettime(Process::CLOCK_MONOTONIC, :microsecond) - start}"
end

timed("sequential", :one_after_the_other)
timed("threads", :in_threads)
timed("again", :one_after_the_other)
