"""Takes every place that an X server has for clients, and then cuts off whoever has windows over the whole screen, until it has
four more places of theirs. Keeps all of them, and writes its own number then.

    cuts_covers.py FILE
"""
import os
import sys
import time
from Xlib import display

kept = [display.Display()]
kept[0].set_error_handler(lambda *_: None)
root = kept[0].screen().root


def fill():
    """How many places there were."""
    before = len(kept)
    try:
        while True:
            kept.append(display.Display())
    except Exception:
        return len(kept) - before


def cut():
    """Twice: what was retained of a connection keeps its place."""
    for _ in range(2):
        for window in root.query_tree().children:
            try:
                if window.get_geometry().width >= 10000 and window.get_attributes().override_redirect:
                    window.kill_client()
            except Exception:
                pass
        kept[0].sync()


fill()
taken = 0
while taken < 4:
    cut()
    taken += fill()
with open(sys.argv[1], "w") as mark:
    mark.write(str(os.getpid()))
while True:
    time.sleep(1000)
