"""The same program as ccbench.gil, for Python."""
import socket
import sys
import threading
import time

settings = dict(argument.split("=") for argument in sys.argv[1:])
test = int(settings.get("test", 0))
done = False


def compute():
    turns = 0
    while not done:
        turns = turns + 1


def compute_for(seconds, results):
    begin = time.perf_counter()
    over = begin + seconds
    turns = 0
    while time.perf_counter() < over:
        for _ in range(1000):
            pass
        turns = turns + 1
    results.append((turns, time.perf_counter() - begin))


def throughput():
    results = []
    seconds = int(settings.get("milliseconds", 500)) / 1000
    started = [threading.Thread(target=compute_for, args=(seconds, results))
               for _ in range(int(settings.get("threads", 1)))]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    longest = max(took for _, took in results)
    print("turns_per_s", int(sum(turns for turns, _ in results) / longest))


def serve():
    global done
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", int(settings.get("port", 0))))
    hogs = [threading.Thread(target=compute) for _ in range(int(settings.get("hogs", 0)))]
    for hog in hogs:
        hog.start()
    latencies = []
    while True:
        message, client = server.recvfrom(65536)
        now = time.time()
        if message == b"stop":
            break
        if test == 1 and message != b"ready":
            latencies.append(now * 1e6 - int(message))
        else:
            server.sendto(message, client)
    done = True
    for hog in hogs:
        hog.join()
    for latency in latencies:
        print("latency_us", int(latency))


if test == 0:
    throughput()
else:
    serve()
