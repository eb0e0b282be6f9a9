"""Tells logind of the caller's own session, as fast as the bus takes it, that it is idle and not idle again.

    idle_hints.py COUNT
"""
import os
import socket
import struct
import sys


def aligned(data, to):
    return data + b"\0" * (-len(data) % to)


def text(value):
    return struct.pack("<I", len(value)) + value.encode() + b"\0"


def call(serial, destination, path, interface, member, signature="", body=b""):
    """A method call to which no answer is wanted (D-Bus Specification, "Message Format")."""
    fields = b""
    for code, kind, value in [(1, "o", path), (2, "s", interface), (3, "s", member), (6, "s", destination)]:
        fields = aligned(fields, 8) + bytes([code, 1]) + kind.encode() + b"\0" + text(value)
    if signature:
        fields = aligned(fields, 8) + bytes([8, 1]) + b"g\0" + bytes([len(signature)]) + signature.encode() + b"\0"
    head = struct.pack("<cBBBII", b"l", 1, 1, 1, len(body), serial) + struct.pack("<I", len(fields)) + fields
    return aligned(head, 8) + body


bus = socket.socket(socket.AF_UNIX)
bus.connect("/run/dbus/system_bus_socket")
bus.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
assert bus.recv(4096).startswith(b"OK"), "the bus knows who calls"
bus.sendall(b"BEGIN\r\n")
driver = "org.freedesktop.DBus"
bus.sendall(call(1, driver, "/org/freedesktop/DBus", driver, "Hello"))
login1 = "org.freedesktop.login1"
for number in range(int(sys.argv[1])):
    own = "/org/freedesktop/login1/session/self"
    idle = struct.pack("<I", number % 2)
    bus.sendall(call(number + 2, login1, own, login1 + ".Session", "SetIdleHint", "b", idle))
# The bus answers when it has taken everything before.
bus.sendall(call(100_000_000, driver, "/org/freedesktop/DBus", driver, "GetId").replace(b"l\1\1\1", b"l\1\0\1", 1))
bus.recv(4096)
