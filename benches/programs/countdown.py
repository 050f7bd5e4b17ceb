"""The same program as countdown.gil, for CPython."""
import sys
import threading
import time

settings = dict(argument.split("=") for argument in sys.argv[1:])
count = int(settings.get("count", 10000000))


def countdown(n):
    while n > 0:
        n = n - 1


def one_after_the_other():
    countdown(count)
    countdown(count)


def in_threads():
    started = [threading.Thread(target=countdown, args=(count,)) for _ in range(2)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def timed(name, work):
    begin = time.perf_counter()
    work()
    print(name, int((time.perf_counter() - begin) * 1e6))


timed("sequential", one_after_the_other)
timed("threads", in_threads)
timed("again", one_after_the_other)
