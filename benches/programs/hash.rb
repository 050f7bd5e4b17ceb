# The same program as hash.gil, for Ruby.

require "digest"

settings = ARGV.to_h { |argument| argument.split("=") }
DATA_OF = "\x07" * settings.fetch("bytes", 67_108_864).to_i

def one
  Digest::SHA256.hexdigest(DATA_OF)
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

one
timed("sequential", :one_after_the_other)
timed("threads", :in_threads)
timed("again", :one_after_the_other)
