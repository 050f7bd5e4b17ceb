"""The same program as story.gil, for CPython."""
import sys
import threading
import time

settings = dict(argument.split("=") for argument in sys.argv[1:])
count = int(settings.get("users", 16))
length = int(settings.get("sessions", 150000))
users = []


def make(number):
    seed = number + 1
    sessions = []
    for i in range(length):
        seed = (seed * 1103515245 + 12345) % 2147483648
        start = seed % 86400
        sessions.append([start, start + seed % 3600])
    return {"name": "user " + str(number), "sessions": sessions, "spent": 0}


def spent(user):
    total = 0
    for session in user["sessions"]:
        total = total + session[1] - session[0]
    return total


def work(first, step):
    number = first
    while number < len(users):
        user = users[number]
        user["spent"] = spent(user)
        number = number + step


def in_threads(count):
    started = [threading.Thread(target=work, args=(first, count)) for first in range(count)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def timed(name, work, *arguments):
    begin = time.perf_counter()
    work(*arguments)
    print(name, int((time.perf_counter() - begin) * 1e6))


for number in range(count):
    users.append(make(number))
work(0, 1)
timed("sequential", work, 0, 1)
timed("threads", in_threads, int(settings.get("threads", 8)))
timed("again", work, 0, 1)
