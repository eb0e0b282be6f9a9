# Runs a command again and again, has each undone before the next, and prints how many milliseconds each took.
import subprocess
import sys
import time

rounds, command, undo = sys.argv[1:]
for _ in range(int(rounds)):
    begun = time.monotonic()
    code = subprocess.run(command.split(), stdout=subprocess.DEVNULL).returncode
    print((time.monotonic() - begun) * 1000, code, flush=True)
    subprocess.run(["sh", "-c", undo], check=True, stdout=subprocess.DEVNULL)
    time.sleep(1)
