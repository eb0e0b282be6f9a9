"""Keeps as many connections to usherd open as it lets the caller have, and makes others for those that end."""
import select
import socket


def connect():
    connection = socket.socket(socket.AF_UNIX)
    connection.connect("/run/usher/usher.sock")
    return connection


held = [connect() for _ in range(64)]
print("held", flush=True)
while True:
    for ended in select.select(held, [], [])[0]:
        if not ended.recv(4096):
            held.remove(ended)
            ended.close()
            held.append(connect())
