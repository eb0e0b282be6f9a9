"""Makes whoever reads what it was started with (`/proc/PID/cmdline`, `/proc/PID/environ`) wait for ever, and then listens as
an X server does. One thread reads its own memory where a file lies whose contents never come, and so keeps the kernel's lock
of the process's memory; another wants that lock to itself, and everybody who comes later waits behind it.

    stops_reading.py FILE ASKED SOCKET
"""
import ctypes
import os
import socket
import sys
import threading
import time

PAGE, PROT_READ, MAP_PRIVATE, MAP_ANONYMOUS = 4096, 1, 2, 0x20
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mmap.restype = ctypes.c_void_p
file, asked, path = os.open(sys.argv[1], os.O_RDONLY), sys.argv[2], sys.argv[3]
stuck = libc.mmap(None, 16 * PAGE, PROT_READ, MAP_PRIVATE, file, 0)
memory = os.open("/proc/self/mem", os.O_RDONLY)
listener = socket.socket(socket.AF_UNIX)
numbers, go = [], threading.Lock()
go.acquire()


def waits():
    numbers.append(threading.get_native_id())
    go.acquire()
    libc.mmap(None, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)


def state(number):
    with open(f"/proc/self/task/{number}/stat", "rb") as stat:
        return stat.read().rsplit(b")", 1)[1].split()[0]


# Both are there before the lock is held: starting a thread takes it.
for work in (waits, lambda: os.pread(memory, 1, stuck)):
    threading.Thread(target=work, daemon=True).start()
while not os.path.getsize(asked):
    pass
go.release()
while state(numbers[0]) != b"D":
    pass
listener.bind(path)
listener.listen()
while True:
    time.sleep(1000)
