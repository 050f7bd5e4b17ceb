-- The article's story: time spent per user, summed over a list of users with many sessions.
-- Prints the microseconds of one pass in one thread, in threads(), and in one thread again.

local count, length = setting("users", 16), setting("sessions", 150000)
local users = {}

-- Session by session the same numbers everywhere.
local function make(number)
  local seed, sessions = number + 1, {}
  for i = 1, length do
    seed = (seed * 1103515245 + 12345) % 2147483648
    local start = seed % 86400
    sessions[i] = { start, start + seed % 3600 }
  end
  return { name = "user " .. number, sessions = sessions, spent = 0 }
end

local function spent(user)
  local total = 0
  for _, session in ipairs(user.sessions) do
    total = total + session[2] - session[1]
  end
  return total
end

-- Every so-manieth user; their sum.
local function work(first, step)
  local sum = 0
  for number = first, count - 1, step do
    local user = users[number]
    user.spent = spent(user)
    sum = sum + user.spent
  end
  return sum
end

-- A thread's share. A state of its own makes the users that it needs, and the clock runs.
function share(first, step)
  if not is_main() then
    for number = first, count - 1, step do users[number] = make(number) end
  end
  return work(first, step)
end

local function in_threads(threads, expected)
  local started, sum = {}, 0
  for first = 0, threads - 1 do started[first] = spawn(share, first, threads) end
  for first = 0, threads - 1 do sum = sum + join(started[first]) end
  if sum ~= expected then error("the sums differ") end
end

local function timed(name, work, ...)
  local begin = clock_us()
  work(...)
  print(name, clock_us() - begin)
end

if is_main() then
  for number = 0, count - 1 do users[number] = make(number) end
  local expected = work(0, 1)
  timed("sequential", work, 0, 1)
  timed("threads", in_threads, threads(), expected)
  timed("again", work, 0, 1)
end
