# A keyboard that the kernel takes for a real one: types each line that is written to a pipe. Whoever attaches it to a seat types there.
import fcntl
import os
import struct
import time

KEYS = dict(zip("qwertyuiop", range(16, 26))) | dict(zip("asdfghjkl", range(30, 39)))
KEYS |= dict(zip("zxcvbnm", range(44, 51))) | {"\n": 28, "/": 53, " ": 57}

device = os.open("/dev/uinput", os.O_WRONLY)
fcntl.ioctl(device, 0x40045564, 1)  # UI_SET_EVBIT, EV_KEY
for code in range(1, 128):
    fcntl.ioctl(device, 0x40045565, code)  # UI_SET_KEYBIT
fcntl.ioctl(device, 0x405C5503, struct.pack("HHHH80sI", 3, 1, 1, 1, b"second keyboard", 0))  # UI_DEV_SETUP
fcntl.ioctl(device, 0x5501)  # UI_DEV_CREATE


def send(kind, code, value):
    os.write(device, struct.pack("llHHi", 0, 0, kind, code, value))


os.mkfifo("/run/keyboard")
while True:
    with open("/run/keyboard") as lines:
        for key in lines.read():
            for value in (1, 0):
                send(1, KEYS[key], value)
                send(0, 0, 0)
                time.sleep(0.03)
