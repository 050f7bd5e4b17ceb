-- The article's blocking calls: two selects one after the other, then in two threads.

local wait = setting("milliseconds", 200)

function one() select_readable({}, wait) end

local function one_after_the_other()
  one()
  one()
end

local function in_threads()
  local first, second = spawn(one), spawn(one)
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
