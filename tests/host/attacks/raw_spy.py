"""Asks the X server for raw input and writes every keycode that goes down, one a line.

    raw_spy.py FILE
"""
import struct
import sys
from Xlib import display
from Xlib.ext import ge, xinput

RAW_KEY_PRESS = 13
d = display.Display()
# Clients of 2.0 get none while somebody has a grab: since 2.1 they do (X Input Extension 2.1).
opcode = d.display.get_extension_major(xinput.extname)
xinput.XIQueryVersion(display=d.display, opcode=opcode, major_version=2, minor_version=2)
d.screen().root.xinput_select_events([(xinput.AllDevices, 1 << RAW_KEY_PRESS)])
d.sync()
with open(sys.argv[1], "w", buffering=1) as seen:
    seen.write("ready\n")
    while True:
        event = d.next_event()
        if event.type == ge.GenericEventCode and event.evtype == RAW_KEY_PRESS:
            # struct xXIRawEvent after the event's type: device, time, detail.
            seen.write(f"{struct.unpack_from('=HII', event.data)[2]}\n")
