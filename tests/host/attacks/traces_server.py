"""Starts an X server as its child, and traces it (ptrace(2)). Writes its own number and the server's.

    traces_server.py FILE SERVER [ARGUMENT...]
"""
import ctypes
import os
import sys

PTRACE_CONT, PTRACE_SEIZE = 7, 0x4206
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 4
mark, command = sys.argv[1], sys.argv[2:]
waits, go = os.pipe()
server = os.fork()
if server == 0:
    os.read(waits, 1)
    os.execvp(command[0], command)
assert libc.ptrace(PTRACE_SEIZE, server, 0, 0) == 0, os.strerror(ctypes.get_errno())
os.write(go, b"!")
with open(mark, "w") as file:
    file.write(f"{os.getpid()} {server}")
while True:
    _, status = os.waitpid(server, 0)
    if not os.WIFSTOPPED(status):
        break
    signal = 0 if status >> 16 else os.WSTOPSIG(status)
    libc.ptrace(PTRACE_CONT, server, 0, signal)
