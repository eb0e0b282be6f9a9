# Opens the graphics card while nobody draws on it, and wants to be its master again and again.
import fcntl
import os

card = os.open("/dev/dri/card0", os.O_RDWR)
fcntl.ioctl(card, 0x641E)
open("/tmp/wants", "w").close()
while True:
    try:
        fcntl.ioctl(card, 0x641E)
        if os.path.exists("/tmp/locked"):
            open("/tmp/won", "w").close()
    except OSError:
        pass
