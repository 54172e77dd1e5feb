# about: linear algebra in the bundled library, in the memory and the processes of any run
# outcome: OUTCOME_OK
# profile: science
# stdout: ok
import numpy as np

rng = np.random.default_rng(7)
matrix = rng.normal(size=(300, 300))
right = rng.normal(size=300)
solved = np.linalg.solve(matrix, right)
assert np.allclose(matrix @ solved, right)
assert np.allclose(np.linalg.inv(matrix) @ matrix, np.eye(300), atol=1e-8)
values, vectors = np.linalg.eigh(matrix + matrix.T)
assert np.allclose((matrix + matrix.T) @ vectors, vectors * values)
u, s, v = np.linalg.svd(matrix[:50])
assert np.allclose((u * s) @ v[:50], matrix[:50])
assert round(float(np.linalg.det(np.array([[1.0, 2.0], [3.0, 4.0]])))) == -2
fit = np.polyfit([0, 1, 2, 3], [1, 3, 5, 7], 1)
assert np.allclose(fit, [2, 1])
print("ok")
