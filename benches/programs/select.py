"""The same program as select.gil, for CPython."""
import select
import sys
import threading
import time

settings = dict(argument.split("=") for argument in sys.argv[1:])
wait = int(settings.get("milliseconds", 200)) / 1000


def one():
    select.select([], [], [], wait)


def one_after_the_other():
    one()
    one()


def in_threads():
    started = [threading.Thread(target=one) for _ in range(2)]
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
