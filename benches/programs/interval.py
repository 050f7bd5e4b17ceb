"""The same program as interval.gil, for Python: the threads see for themselves when they come to run."""
import sys
import threading
import time

settings = dict(argument.split("=") for argument in sys.argv[1:])
sys.setswitchinterval(int(settings.get("interval_us", 5000)) / 1e6)
done = False
last = None
switches = 0


def compute(me):
    global last, switches
    while not done:
        if last != me:
            last = me
            switches += 1


hogs = [threading.Thread(target=compute, args=(me,)) for me in range(2)]
for hog in hogs:
    hog.start()
before = switches
begin = time.perf_counter()
time.sleep(int(settings.get("milliseconds", 500)) / 1000)
after = switches
print("elapsed_us", int((time.perf_counter() - begin) * 1e6))
done = True
for hog in hogs:
    hog.join()
print("switches", after - before)
