# The same program as short-io.gil, for Ruby.

settings = ARGV.to_h { |argument| argument.split("=") }
milliseconds = settings.fetch("milliseconds", 500).to_i
data = "\x07" * 8192
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
start = now
if settings.fetch("writers", 1).to_i == 1
  writes = Thread.new do
    null = File.open(File::NULL, "w")
    over = now + milliseconds / 1000.0
    writes = 0
    while writes.zero? || now < over
      null.syswrite(data)
      writes += 1
    end
    writes
  end.value
  puts "writes #{(writes / (now - start)).to_i}"
else
  sleep(milliseconds / 1000.0)
end
took = now - start
done = true
hogs.each { |hog| puts "hog #{(hog.value / took / 1000).to_i}" }
