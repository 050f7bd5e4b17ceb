"""The same program as echo-server.gil, for CPython."""
import socket
import sys
import threading
import time

settings = dict(argument.split("=") for argument in sys.argv[1:])
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", int(settings.get("port", 0))))
done = False
progress = []


def serve():
    while True:
        message, client = server.recvfrom(65536)
        if message == b"stop":
            return
        server.sendto(message, client)


def compute():
    turns = 0
    while not done:
        turns = turns + 1
    progress.append(turns)


hogs = [threading.Thread(target=compute) for _ in range(int(settings.get("hogs", 0)))]
for hog in hogs:
    hog.start()
serving = threading.Thread(target=serve)
serving.start()
begin = time.perf_counter()
serving.join()
done = True
took = time.perf_counter() - begin
for hog in hogs:
    hog.join()
for turns in progress:
    print("hog", int(turns / took / 1000))
