"""The same program as short-io.gil, for Python."""
import os
import sys
import threading
import time

settings = dict(argument.split("=") for argument in sys.argv[1:])
milliseconds = int(settings.get("milliseconds", 500))
data = bytes([7]) * 8192
done = False
progress = []
written = []


def writer():
    null = os.open("/dev/null", os.O_WRONLY)
    over = time.perf_counter() + milliseconds / 1000
    writes = 0
    while writes == 0 or time.perf_counter() < over:
        os.write(null, data)
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
    writing = threading.Thread(target=writer)
    writing.start()
    writing.join()
    print("writes", int(written[0] / (time.perf_counter() - begin)))
else:
    time.sleep(milliseconds / 1000)
took = time.perf_counter() - begin
done = True
for hog in hogs:
    hog.join()
for turns in progress:
    print("hog", int(turns / took / 1000))
