"""The same program as many.gil, for Python: the threads see for themselves when they come to run."""
import resource
import sys
import threading
import time

settings = dict(argument.split("=") for argument in sys.argv[1:])
sys.setswitchinterval(int(settings.get("interval_us", 5000)) / 1e6)
pause = int(settings.get("milliseconds", 200)) / 1000
done = False
last = None
switches = 0
here = threading.Semaphore(0)
go = threading.Event()


def compute(me):
    global last, switches
    here.release()
    go.wait()
    while not done:
        if last != me:
            last = me
            switches += 1


def switched():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_nvcsw + used.ru_nivcsw


everyone = [threading.Thread(target=compute, args=(me,)) for me in range(int(settings["threads"]))]
for thread in everyone:
    thread.start()
for thread in everyone:
    here.acquire()
go.set()
time.sleep(pause)
before, used, begin = switches, switched(), time.perf_counter()
time.sleep(pause)
after, using = switches, switched()
print("elapsed_us", int((time.perf_counter() - begin) * 1e6))
done = True
for thread in everyone:
    thread.join()
print("switched", using - used)
print("switches", after - before)
