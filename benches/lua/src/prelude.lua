-- What the program sees of the builtins. Called with them before the program; returns a function
-- that fails as a thread has failed that nobody joined.
local builtin = ...

clock_us, threads, setting, is_main = builtin.clock_us, builtin.threads, builtin.setting, builtin.is_main
stop, stopped = builtin.stop, builtin.stopped
sleep, sha256 = builtin.sleep, builtin.sha256
udp, port, send, receive = builtin.udp, builtin.port, builtin.send, builtin.receive
read_file, write_file = builtin.read_file, builtin.write_file

local pack, unpack, concat = table.pack, table.unpack, table.concat
local xpcall, pcall, error, tostring, type = xpcall, pcall, error, tostring, type
local next, setmetatable, getmetatable, load_any = next, setmetatable, getmetatable, load

function print(...)
  local texts = pack(...)
  for i = 1, texts.n do texts[i] = tostring(texts[i]) end
  builtin.write(concat(texts, "\t", 1, texts.n) .. "\n")
end

-- Waits until one of the sockets can be read, or for so many milliseconds; those that can.
function select_readable(sockets, milliseconds)
  local can, ready = { builtin.wait_readable(milliseconds, unpack(sockets)) }, {}
  for i = 1, #can do
    if can[i] then ready[#ready + 1] = sockets[i] end
  end
  return ready
end

-- Compiled code is trusted by Lua. And files are read without detaching.
function load(chunk, name, mode, ...)
  if mode == "b" then return nil, "compiled code is not loaded" end
  return load_any(chunk, name, "t", ...)
end
dofile, loadfile = nil, nil

local Thread = { __name = "thread" }
local unjoined = {}

local function run(thread, f, ...)
  local result = pack(xpcall(f, builtin.traceback, ...))
  thread.result = result
  if result[1] then unjoined[thread] = nil end
end

local function name_of(f)
  for name, value in next, _G do
    if value == f and type(name) == "string" then return name end
  end
  error("a state of its own needs a global function", 3)
end

function spawn(f, ...)
  if type(f) ~= "function" then error("spawn: a function and its arguments", 2) end
  local thread = setmetatable({}, Thread)
  if builtin.is_separate() then
    thread.object = builtin.start_separate(name_of(f), ...)
    return thread
  end
  unjoined[thread] = true
  local started, object = pcall(builtin.start, run, thread, f, ...)
  if not started then
    unjoined[thread] = nil
    error(object, 2)
  end
  thread.object = object
  return thread
end

local function fail(message, level)
  if type(message) == "string" then message = "the thread failed: " .. message end
  error(message, level)
end

-- Waits for a thread's end: what its function returned, or the error that it failed with.
function join(thread)
  if getmetatable(thread) ~= Thread then error("join: a thread", 2) end
  local waited = pack(pcall(builtin.wait, thread.object))
  if not waited[1] then fail(waited[2], 0) end
  if not waited[2] then error(waited[3], 2) end
  if builtin.is_separate() then
    thread.result = thread.result or pack(unpack(waited, 2, waited.n))
  end
  unjoined[thread] = nil
  local result = thread.result
  if not result[1] then fail(result[2], 0) end
  return unpack(result, 2, result.n)
end

return function()
  local thread = next(unjoined)
  if thread then error(thread.result and thread.result[2] or "no memory", 0) end
end
