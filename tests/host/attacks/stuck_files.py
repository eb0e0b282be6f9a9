"""A file system with one file, `file`, whose contents never come (fuse(4)): its requests are read from a descriptor.
Writes the numbers of the processes that asked for them, one a line.

    stuck_files.py DESCRIPTOR MARK
"""
import os
import struct
import sys

LOOKUP, FORGET, GETATTR, OPEN, READ, INIT, INTERRUPT, BATCH_FORGET = 1, 2, 3, 14, 15, 26, 36, 42
ENOSYS, ENOENT = 38, 2
ROOT, FILE, SIZE = 1, 2, 1 << 20


def attributes(node):
    mode, size = (0o40755, 0) if node == ROOT else (0o100444, SIZE)
    return struct.pack("=QQQQQQIIIIIIIIII", node, size, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def answer(opcode, node, body):
    """What is said to a request: an error and a body; nothing where nothing is to be said."""
    if opcode == INIT:
        return 0, struct.pack("=IIIIHHII", 7, 31, 0, 0, 16, 16, 4096, 1) + bytes(36)
    if opcode == LOOKUP:
        name = body.split(b"\0")[0]
        return (0, struct.pack("=QQQQII", FILE, 0, 60, 60, 0, 0) + attributes(FILE)) if name == b"file" else (ENOENT, b"")
    if opcode == GETATTR:
        return 0, struct.pack("=QII", 60, 0, 0) + attributes(node)
    if opcode == OPEN:
        return 0, struct.pack("=QII", 1, 0, 0)
    return ENOSYS, b""


descriptor = int(sys.argv[1])
with open(sys.argv[2], "w", buffering=1) as mark:
    while True:
        request = os.read(descriptor, 1 << 17)
        _, opcode, unique, node, _, _, pid = struct.unpack_from("=IIQQIII", request)
        if opcode == READ:
            mark.write(f"{pid}\n")
        elif opcode not in (FORGET, BATCH_FORGET, INTERRUPT):
            error, body = answer(opcode, node, request[40:])
            os.write(descriptor, struct.pack("=IiQ", 16 + len(body), -error, unique) + body)
