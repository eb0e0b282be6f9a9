"""Stops one thread of a process and no other (ptrace(2)), for as long as this runs.

    stops_thread.py THREAD
"""
import ctypes
import os
import sys

PTRACE_SEIZE, PTRACE_INTERRUPT, WALL = 0x4206, 0x4207, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 4
thread = int(sys.argv[1])
for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
    assert libc.ptrace(request, thread, 0, 0) == 0, os.strerror(ctypes.get_errno())
# With what ends it, whoever started it hears of that only after its tracer did.
while os.WIFSTOPPED(os.waitpid(thread, WALL)[1]):
    pass
