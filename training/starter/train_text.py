"""Step 5: the text tower, distilled from its teacher."""

import json
import math
import time

import numpy as np
import torch
import torch.nn.functional as F

from . import minilm
from .paths import Work
from .text_tower import TextTower
from .tokens import clip_ids, clip_tokenizer

LENGTH = 40  # ids; longer sentences are cut in training
BATCH = 256
RATES = {"table": 1.5e-3, "layers": 1e-4}
# How often a sentence is taken, by source, in each pass over the corpus.
SHARES = {"composed": 1.0, "emoji": 1.0, "noun": 0.7, "lemma": 0.6, "token": 0.6, "gloss": 0.7, "example": 1.0}


# "A red cup and a blue bowl" and "a blue cup and a red bowl" are nearly the same to the teacher (0.99). What little tells
# such twins apart is made larger by this factor in what the student learns, so that pictures can be told apart by it.
TWIN_GAIN = 2.5


def targets(teachers: torch.Tensor, twins: torch.Tensor) -> torch.Tensor:
    """The teacher's vectors [N, 384], those of sentences with a twin moved away from it."""
    middle = (teachers + twins) / 2
    return F.normalize(middle + TWIN_GAIN * (teachers - middle), dim=-1)


def losses(ours: torch.Tensor, teachers: torch.Tensor) -> torch.Tensor:
    """Each vector is the teacher's, and so are the likenesses within the batch, above all those of the nearest."""
    s, t = ours @ ours.T, teachers @ teachers.T
    itself = torch.eye(len(ours)) * 1e4
    rows = F.kl_div(F.log_softmax((s - itself) / 0.05, 1), F.softmax((t - itself) / 0.05, 1), reduction="batchmean")
    return (1 - (ours * teachers).sum(1)).mean() + 0.25 * rows + 4 * ((s - t) ** 2).mean()


def _batches(generator: np.random.RandomState, chosen: np.ndarray, lengths: np.ndarray):
    """A pass in batches of like length, in random order."""
    generator.shuffle(chosen)
    for at in range(0, len(chosen), BATCH * 16):
        part = chosen[at : at + BATCH * 16]
        part = part[np.argsort(lengths[part] + generator.rand(len(part)) * 3)]
        parts = [part[start : start + BATCH] for start in range(0, len(part), BATCH)]
        for index in generator.permutation(len(parts)):
            yield parts[index]


def run(work: Work, steps: int) -> None:
    if work.text_tower.exists():
        return
    torch.manual_seed(0)
    rows = json.loads(work.sentences.read_text())
    ids, lengths = clip_ids(clip_tokenizer(), [row["text"] for row in rows], LENGTH)
    teachers = np.load(work.teacher_sentences)
    twins = np.array([row["twin"] if row["twin"] >= 0 else index for index, row in enumerate(rows)])
    is_test = np.array([row["test"] for row in rows])

    def wanted(part: np.ndarray) -> torch.Tensor:
        own, other = (F.normalize(torch.from_numpy(teachers[part]).float(), dim=-1) for part in (part, twins[part]))
        return targets(own, other)

    shares = np.array([SHARES[row["source"]] for row in rows])

    tower = TextTower()
    tower.start_from(minilm.load(work.teacher), work.teacher)
    rest = [parameter for name, parameter in tower.named_parameters() if not name.startswith("table")]
    groups = [
        {"params": [tower.table.weight], "lr": RATES["table"], "top": RATES["table"]},
        {"params": rest, "lr": RATES["layers"], "top": RATES["layers"]},
    ]
    optimizer = torch.optim.Adam(groups, betas=(0.9, 0.98), fused=True)
    generator = np.random.RandomState(0)
    checkpoint = work.root / "text-tower-checkpoint.pt"
    step = 0
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        tower.load_state_dict(saved["state"])
        optimizer.load_state_dict(saved["optimizer"])
        step = saved["step"]
        generator.seed(step)

    def test() -> float:
        chosen = np.where(is_test)[0][:4096]
        tower.eval()
        with torch.inference_mode():
            parts = [chosen[at : at + 256] for at in range(0, len(chosen), 256)]
            ours = torch.cat([tower(torch.from_numpy(ids[part, : lengths[part].max()]).long()) for part in parts])
        tower.train()
        return (ours * wanted(chosen)).sum(1).mean().item()

    print(f"  before training: cosine {test():.4f} to the teacher on held-out sentences", flush=True)
    started, first, seen, average = time.time(), step, 0, None
    trained = np.where(~is_test)[0]
    while step < steps:
        chosen = trained[generator.rand(len(trained)) < shares[trained]]
        for part in _batches(generator, chosen, lengths):
            if step >= steps:
                break
            warmth = min(1.0, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * step / steps)) + 0.005
            for group in optimizer.param_groups:
                group["lr"] = group["top"] * warmth
            batch = torch.from_numpy(ids[part, : lengths[part].max()]).long()
            with torch.autocast("cpu", torch.bfloat16):
                ours = tower(batch)
            loss = losses(ours.float(), wanted(part))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(tower.parameters(), 1.0)
            optimizer.step()
            step += 1
            seen += len(part)
            average = loss.item() if average is None else 0.98 * average + 0.02 * loss.item()
            if step % 50 == 0:
                rate = seen / (time.time() - started)
                left = (steps - step) * (time.time() - started) / (step - first) / 60
                print(
                    f"  step {step} of {steps}: loss {average:.4f}, {rate:.0f} sentences a second, {left:.0f} min left",
                    flush=True,
                )
            if step % 250 == 0:
                print(f"  step {step}: cosine {test():.4f}", flush=True)
                state = {"state": tower.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
                torch.save(state, checkpoint.with_suffix(".part"))
                checkpoint.with_suffix(".part").replace(checkpoint)
    print(f"  after training: cosine {test():.4f}", flush=True)
    torch.save({"state": tower.state_dict()}, work.text_tower)
    checkpoint.unlink(missing_ok=True)
