# Takes control of the own session and gives it another type (org.freedesktop.login1(5)), then holds on.
import os, socket, struct, sys, time

def text(value): return struct.pack("<I", len(value)) + value.encode() + b"\0"
def padded(data, to=8): return data + b"\0" * (-len(data) % to)

s = socket.socket(socket.AF_UNIX)
s.connect("/run/dbus/system_bus_socket")
s.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
s.recv(999)
s.sendall(b"BEGIN\r\n")
serial = 0

def call(destination, path, interface, member, signature, body):
    global serial
    serial += 1
    fields = b""
    for code, kind, value in [(1, "o", path), (2, "s", interface), (3, "s", member), (6, "s", destination)]:
        fields = padded(fields) + bytes([code, 1]) + kind.encode() + b"\0" + text(value)
    if signature:
        fields = padded(fields) + bytes([8, 1]) + b"g\0" + bytes([len(signature)]) + signature.encode() + b"\0"
    head = b"l\1\0\1" + struct.pack("<III", len(body), serial, len(fields)) + fields
    s.sendall(padded(head) + body)
    time.sleep(0.3)
    return s.recv(65536)

bus = "org.freedesktop.DBus"
call(bus, "/org/freedesktop/DBus", bus, "Hello", "", b"")
login = "org.freedesktop.login1"
session, interface = "/org/freedesktop/login1/session/self", login + ".Session"
print(call(login, session, interface, "TakeControl", "b", struct.pack("<I", 0)))
print(call(login, session, interface, "SetType", "s", text(sys.argv[1])), flush=True)
time.sleep(1000)
