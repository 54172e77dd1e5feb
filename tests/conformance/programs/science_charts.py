# about: matplotlib draws into files of the working directory, without a screen, and says nothing
# outcome: OUTCOME_OK
# profile: science
# stdout: ok
# stderr-lacks: Matplotlib
import logging
import os

logging.basicConfig(level=logging.WARNING)
import matplotlib
import matplotlib.pyplot as plt
import numpy as np

assert matplotlib.get_backend() == "module://coderunner_figures"
figure, axes = plt.subplots(2, 2, figsize=(6, 4))
x = np.linspace(0, 6, 200)
axes[0, 0].plot(x, np.sin(x), label="sin $x^2$")
axes[0, 0].legend()
axes[0, 1].bar(["a", "b", "ñ"], [3, 1, 2])
axes[1, 0].hist(np.random.rand(500), bins=20)
axes[1, 1].contourf(np.outer(np.sin(x), np.cos(x)))
figure.suptitle("Chart")
figure.tight_layout()
for name, start in (("chart.png", b"\x89PNG"), ("chart.svg", b"<?xml"), ("chart.pdf", b"%PDF")):
    plt.savefig(name)
    with open(name, "rb") as file:
        assert file.read(16).startswith(start), name
    assert os.path.getsize(name) > 2000, name
plt.show()
plt.close(figure)
plt.figure()
assert plt.get_fignums() == [1], "numbers of figures begin at 1"
print("ok")
