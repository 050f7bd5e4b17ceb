"""The same program as short-io.gil, for CPython."""
import sys
import threading
import time

settings = dict(argument.split("=") for argument in sys.argv[1:])
milliseconds = int(settings.get("milliseconds", 500))
data = bytes([7]) * 8192
done = False
progress = []
written = []


def write():
    over = time.perf_counter() + milliseconds / 1000
    writes = 0
    while time.perf_counter() < over:
        with open("/dev/null", "wb", buffering=0) as null:
            null.write(data)
        writes = writes + 1
    written.append(writes)


def compute():
    turns = 0
    while not done:
        turns = turns + 1
    progress.append(turns)


hogs = [threading.Thread(target=compute) for _ in range(int(settings.get("hogs", 0)))]
for hog in hogs:
    hog.start()
begin = time.perf_counter()
if int(settings.get("writers", 1)):
    writer = threading.Thread(target=write)
    writer.start()
    writer.join()
    print("writes", int(written[0] / (time.perf_counter() - begin)))
else:
    time.sleep(milliseconds / 1000)
took = time.perf_counter() - begin
done = True
for hog in hogs:
    hog.join()
for turns in progress:
    print("hog", int(turns / took / 1000))
