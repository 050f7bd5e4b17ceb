-- Work outside the lock: two hashes of a large string one after the other, then in two threads.

local kilobyte = string.rep("\7", 1024)
local data = string.rep(kilobyte, setting("bytes", 67108864) // 1024)

function one() return sha256(data) end

local function one_after_the_other()
  one()
  one()
end

local function in_threads()
  local first, second = spawn(one), spawn(one)
  if join(first) ~= join(second) then error("one string has two hashes") end
end

local function timed(name, work)
  local begin = clock_us()
  work()
  print(name, clock_us() - begin)
end

if is_main() then
  one()
  timed("sequential", one_after_the_other)
  timed("threads", in_threads)
  timed("again", one_after_the_other)
end
