# Leaves a mark wherever it can write, and looks for the mark of another test's run.
import os
import socket

MARK = "mark-of-an-earlier-test"
found = []
places = ["/tmp", os.getcwd(), "/dev/shm", "/var/tmp", "/run", "/home", "/root", "/", "/usr/lib"]
for place in places:
    path = os.path.join(place, MARK)
    if os.path.exists(path):
        found.append(path)
    try:
        with open(path, "w") as file:
            file.write(MARK)
    except OSError:
        pass
# In its own folder, from where Python imports.
for path in ("sitecustomize.py", "usercustomize.py", "json.py", "os.py"):
    if os.path.exists(path):
        found.append(path)
    with open(path, "w") as file:
        file.write("print('LEAK by import')\n")
listener = socket.socket(socket.AF_UNIX)
try:
    listener.bind("\0" + MARK)
except OSError:
    found.append("abstract socket")
for variable in os.environ:
    if variable == "MARK":
        found.append("environment")
os.environ["MARK"] = MARK
print("LEAK " + " ".join(found) if found else "nothing found")
if os.fork() == 0:
    # Stay as long as the sandbox lets us.
    os.setsid()
    while True:
        pass
