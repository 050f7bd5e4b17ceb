# The same program as echo-server.gil, for Ruby.

require "socket"

settings = ARGV.to_h { |argument| argument.split("=") }
server = UDPSocket.new
server.bind("127.0.0.1", settings.fetch("port", 0).to_i)
done = false

def now
  Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

hogs = settings.fetch("hogs", 0).to_i.times.map do
  Thread.new do
    turns = 0
    turns += 1 until done
    turns
  end
end
serving = Thread.new do
  loop do
    message, from = server.recvfrom(65536)
    break if message == "stop"
    server.send(message, 0, "127.0.0.1", from[1])
  end
end
start = now
serving.join
took = now - start
done = true
hogs.each { |hog| puts "hog #{(hog.value / took / 1000).to_i}" }
