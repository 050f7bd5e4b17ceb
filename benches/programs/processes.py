"""The same as processes.gil, for Python: a pool of processes, to which the data is pickled."""
import multiprocessing
import sys
import time

settings = dict(argument.split("=") for argument in sys.argv[1:])
length = int(settings.get("sessions", 150000))
passes = int(settings.get("passes", 4))
shares = int(settings.get("shares", 1))


def make(first, step):
    sessions = []
    for number in range(first, int(settings.get("users", 16)), step):
        seed = number + 1
        for _ in range(length):
            seed = (seed * 1103515245 + 12345) % 2147483648
            start = seed % 86400
            sessions.append(start)
            sessions.append(start + seed % 3600)
    return sessions


def spent(sessions):
    total = 0
    i = 0
    while i < len(sessions):
        total = total + sessions[i + 1] - sessions[i]
        i = i + 2
    return total


def work(share):
    begin = time.perf_counter()
    total = sum(spent(share) for _ in range(passes))
    return total, time.perf_counter() - begin


def timed(name, function):
    begin = time.perf_counter()
    result = function()
    print(name, int((time.perf_counter() - begin) * 1e6))
    return result


def main():
    data = [make(first, shares) for first in range(shares)]
    for share in data:
        spent(share)
    # Before there is any other process: a fork makes the first pass after it slow.
    expected = timed("sequential", lambda: sum(work(share)[0] for share in data))
    began = time.perf_counter()
    with multiprocessing.Pool(shares) as pool:
        pool.map(abs, range(shares), chunksize=1)
        start = time.perf_counter() - began
        began = time.perf_counter()
        results = pool.map(work, data, chunksize=1)
        whole = time.perf_counter() - began
    working = max(took for _, took in results)
    if sum(total for total, _ in results) != expected:
        sys.exit("the sums differ")
    print("start", int(start * 1e6))
    print("work", int(working * 1e6))
    print("transfer", int((whole - working) * 1e6))
    print("whole", int((start + whole) * 1e6))


main()
