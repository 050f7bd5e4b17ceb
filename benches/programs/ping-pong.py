"""The same program as ping-pong.gil, for Python, whose locks any thread may release."""
import sys
import threading
import time

settings = dict(argument.split("=") for argument in sys.argv[1:])
turns = int(settings.get("turns", 20000))
ping = threading.Lock()
pong = threading.Lock()
ping.acquire()
pong.acquire()


def answer():
    for _ in range(turns):
        ping.acquire()
        pong.release()


def ask():
    for _ in range(turns):
        ping.release()
        pong.acquire()


answering = threading.Thread(target=answer)
answering.start()
begin = time.perf_counter()
ask()
print("one_way_ns", int((time.perf_counter() - begin) * 1e9 / (2 * turns)))
answering.join()
