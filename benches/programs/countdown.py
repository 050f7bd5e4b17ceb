"""The same program as countdown.gil, for Python."""
import sys
import threading
import time

settings = dict(argument.split("=") for argument in sys.argv[1:])
threads = int(settings.get("threads", 2))
each = int(settings.get("count", 20000000)) // threads


def countdown(n):
    while n > 0:
        n = n - 1


def one_after_the_other():
    for _ in range(threads):
        countdown(each)


def in_threads():
    started = [threading.Thread(target=countdown, args=(each,)) for _ in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def timed(name, work):
    cpu = time.process_time()
    begin = time.perf_counter()
    work()
    print(name, int((time.perf_counter() - begin) * 1e6))
    print(name + "_cpu", int((time.process_time() - cpu) * 1e6))


one_after_the_other()
timed("sequential", one_after_the_other)
timed("threads", in_threads)
timed("again", one_after_the_other)
