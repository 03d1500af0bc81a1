"""Step 4: the teacher's embedding of every sentence."""

import json
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import torch

from .minilm import Teacher
from .paths import Work


def _embed(folder, sentences: list[str], log: str) -> np.ndarray:
    torch.set_num_threads(1)
    return Teacher(folder)(sentences, log=log)


def run(work: Work, workers: int) -> None:
    if work.teacher_sentences.exists():
        return
    sentences = [row["text"] for row in json.loads(work.sentences.read_text())]
    shares = [sentences[start::workers] for start in range(workers)]
    vectors = np.zeros((len(sentences), 384), np.float16)
    with ProcessPoolExecutor(workers) as pool:
        logs = ["teacher, first share of sentences"] + [""] * (workers - 1)
        for start, share in enumerate(pool.map(_embed, [work.teacher] * workers, shares, logs)):
            vectors[start::workers] = share
    np.save(work.teacher_sentences, vectors)
