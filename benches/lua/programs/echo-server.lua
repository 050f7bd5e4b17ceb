-- A server that answers messages while others compute; the client is another process. Prints how far
-- each of the others came in a millisecond.

function serve()
  local server = udp(setting("port", 0))
  while true do
    local message, from = receive(server)
    if message == "stop" then return end
    send(server, from, message)
  end
end

function compute()
  local turns = 0
  while not stopped() do turns = turns + 1 end
  return turns
end

if is_main() then
  local hogs = {}
  for i = 1, setting("hogs", 0) do hogs[i] = spawn(compute) end
  local serving, begin = spawn(serve), clock_us()
  join(serving)
  stop()
  local took = clock_us() - begin
  for _, hog in ipairs(hogs) do print("hog", join(hog) * 1000 // took) end
end
