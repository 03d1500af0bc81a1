"""Writes test/goldens/similarity.json: matrices of sentence-transformers, softmax and rankings of SciPy, on random data.

pip install torch==2.13.0 sentence-transformers scipy
python training/similarity_goldens.py
"""

import base64
import json
from pathlib import Path

import numpy as np
import scipy
import sentence_transformers
import torch
from scipy.special import softmax
from scipy.stats import rankdata
from sentence_transformers.util import cos_sim

OUT = Path(__file__).parent.parent / "test" / "goldens" / "similarity.json"


def pack(array: np.ndarray, dtype: str) -> str:
    return base64.b64encode(np.ascontiguousarray(array, dtype=dtype).tobytes()).decode()


def matrix_case(rng: np.random.Generator, rows: int, columns: int, dimensions: int, scale: float) -> dict:
    a = (rng.standard_normal((rows, dimensions)) * scale).astype(np.float32)
    b = (rng.standard_normal((columns, dimensions)) + 0.3).astype(np.float32)
    return {
        "rows": rows,
        "columns": columns,
        "dimensions": dimensions,
        "a": pack(a, "<f4"),
        "b": pack(b, "<f4"),
        "cosines": pack(cos_sim(torch.from_numpy(a), torch.from_numpy(b)).numpy(), "<f4"),
    }


def ranking_case(rng: np.random.Generator, size: int, logit_scale: float) -> dict:
    # Rounded, so that there are ties: rankdata's "ordinal" gives the earlier one the better rank.
    cosines = np.round(rng.uniform(-1, 1, size), 1 if size > 8 else 3)
    return {
        "cosines": cosines.tolist(),
        "logitScale": logit_scale,
        "probabilities": softmax(cosines * logit_scale).tolist(),
        "ranks": (rankdata(-cosines, method="ordinal") - 1).tolist(),
    }


def main() -> None:
    rng = np.random.default_rng(20261124)
    golden = {
        "versions": {
            "sentence-transformers": sentence_transformers.__version__,
            "torch": torch.__version__,
            "scipy": scipy.__version__,
        },
        "matrices": [
            matrix_case(rng, 3, 4, 2, 1.0),
            matrix_case(rng, 7, 5, 64, 1.0),
            matrix_case(rng, 5, 9, 768, 1e-4),
            matrix_case(rng, 6, 4, 512, 1e4),
        ],
        "rankings": [
            ranking_case(rng, size, scale)
            for size, scale in [(1, 100.0), (5, 100.0), (60, 14.3), (40, 100.0), (8, 1e4)]
        ],
    }
    OUT.write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
