"""Answers each line, `rows columns dimensions`, with the milliseconds of NumPy's product of two such float32 matrices."""

import sys
import time

import numpy as np
from numpy.typing import NDArray


def random_rows(count: int, dimensions: int) -> NDArray[np.float32]:
    return np.random.default_rng(count).standard_normal((count, dimensions), dtype=np.float32)


def main() -> None:
    made: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}
    print(np.__version__, flush=True)
    for line in sys.stdin:
        rows, columns, dimensions = map(int, line.split())
        if line not in made:
            made[line] = (random_rows(rows, dimensions), random_rows(columns, dimensions))
        a, b = made[line]
        start = time.perf_counter()
        _ = a @ b.T
        print((time.perf_counter() - start) * 1000, flush=True)


main()
