# The same program as ping-pong.gil, for Ruby, with its mutex and condition variable.

settings = ARGV.to_h { |argument| argument.split("=") }
turns = settings.fetch("turns", 20_000).to_i
mutex = Mutex.new
changed = ConditionVariable.new
turn = 0

# Takes its turn whenever it comes.
side = lambda do |mine|
  turns.times do
    mutex.synchronize do
      changed.wait(mutex) until turn == mine
      turn = 1 - mine
      changed.signal
    end
  end
end

other = Thread.new { side.call(1) }
start = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
side.call(0)
other.join
puts "one_way_ns #{(Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond) - start) / (2 * turns)}"
