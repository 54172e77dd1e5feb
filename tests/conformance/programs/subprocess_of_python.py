# about: subprocess of sys.executable with input, output, errors, codes and time-outs
# outcome: OUTCOME_OK
# limits: wall_ms=15000
# stdout: ok
import subprocess
import sys

done = subprocess.run([sys.executable, "-c", "print(input().upper())"], input="hi", capture_output=True, text=True)
assert (done.returncode, done.stdout) == (0, "HI\n")
done = subprocess.run([sys.executable, "-c", "import sys; sys.exit('bad')"], capture_output=True, text=True)
assert (done.returncode, done.stderr) == (1, "bad\n")
try:
    subprocess.run([sys.executable, "-c", "import time; time.sleep(30)"], timeout=0.5)
    raise SystemExit("no time-out")
except subprocess.TimeoutExpired:
    pass
try:
    subprocess.check_call([sys.executable, "-c", "raise SystemExit(5)"])
except subprocess.CalledProcessError as error:
    assert error.returncode == 5
with subprocess.Popen([sys.executable, "-c", "print('piped')"], stdout=subprocess.PIPE) as child:
    assert child.stdout.read() == b"piped\n"
try:
    subprocess.run(["no-such-program"])
except FileNotFoundError:
    print("ok")
