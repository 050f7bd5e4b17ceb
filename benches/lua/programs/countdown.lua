-- The article's count-down: two of them one after the other, then in two threads.

local count = setting("count", 10000000)

function countdown(n)
  while n > 0 do n = n - 1 end
end

local function one_after_the_other()
  countdown(count)
  countdown(count)
end

local function in_threads()
  local first, second = spawn(countdown, count), spawn(countdown, count)
  join(first)
  join(second)
end

local function timed(name, work)
  local begin = clock_us()
  work()
  print(name, clock_us() - begin)
end

if is_main() then
  timed("sequential", one_after_the_other)
  timed("threads", in_threads)
  timed("again", one_after_the_other)
end
