"""Takes every place that an X server has for clients, and keeps them. Writes its own number once it has them.

    fills_server.py FILE
"""
import os
import sys
import time
from Xlib import display

kept = []
try:
    while True:
        kept.append(display.Display())
except Exception:
    pass
with open(sys.argv[1], "w") as mark:
    mark.write(str(os.getpid()))
while True:
    time.sleep(1000)
