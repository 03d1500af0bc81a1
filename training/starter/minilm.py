"""MiniLM, the teacher of the text tower: a BERT of six layers with mean pooling (all-MiniLM-L6-v2)."""

import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

from .attention import attend
from .tokens import wordpiece_tokenizer


class Layer(nn.Module):
    """A layer of BERT: attention and a perceptron, each followed by its normalisation."""

    def __init__(self, width: int, heads: int, hidden: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.norm1 = nn.LayerNorm(width, eps=1e-12)
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)
        self.norm2 = nn.LayerNorm(width, eps=1e-12)

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        x = self.norm1(x + self.output(attend(self.qkv(x), self.heads, bias)))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class MiniLM(nn.Module):
    """Word ids [B, L] and their mask [B, L] to unit vectors [B, 384]."""

    def __init__(self, config: dict):
        super().__init__()
        width = config["hidden_size"]
        self.words = nn.Embedding(config["vocab_size"], width)
        self.positions = nn.Embedding(config["max_position_embeddings"], width)
        self.norm = nn.LayerNorm(width, eps=config["layer_norm_eps"])
        layers = range(config["num_hidden_layers"])
        self.layers = nn.ModuleList(
            Layer(width, config["num_attention_heads"], config["intermediate_size"]) for _ in layers
        )

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        x = self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]])
        bias = ((1 - mask) * -30000.0)[:, None, None, :].to(x.dtype)
        for layer in self.layers:
            x = layer(x, bias)
        weights = mask[..., None]
        return F.normalize((x.float() * weights).sum(1) / weights.sum(1), dim=-1)


def load(folder: Path) -> MiniLM:
    """The published weights. The embedding of the token type, the same everywhere, is added to the positions."""
    source = load_file(str(folder / "model.safetensors"))
    source = {name.removeprefix("bert."): tensor for name, tensor in source.items()}
    model = MiniLM(json.loads((folder / "config.json").read_text()))
    state = {
        "words.weight": source["embeddings.word_embeddings.weight"],
        "positions.weight": source["embeddings.position_embeddings.weight"]
        + source["embeddings.token_type_embeddings.weight"][0],
        "norm.weight": source["embeddings.LayerNorm.weight"],
        "norm.bias": source["embeddings.LayerNorm.bias"],
    }
    names = {
        "output": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm2": "output.LayerNorm",
    }
    for index in range(len(model.layers)):
        for kind in ("weight", "bias"):
            prefix = f"encoder.layer.{index}"
            parts = [source[f"{prefix}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            state[f"layers.{index}.qkv.{kind}"] = torch.cat(parts)
            for ours, theirs in names.items():
                state[f"layers.{index}.{ours}.{kind}"] = source[f"{prefix}.{theirs}.{kind}"]
    model.load_state_dict(state)
    return model.eval()


class Teacher:
    """Sentences to the teacher's unit vectors, in batches of like length."""

    def __init__(self, folder: Path, dtype: torch.dtype = torch.bfloat16):
        self.tokenizer = wordpiece_tokenizer(folder)
        self.model = load(folder).to(dtype)

    @torch.inference_mode()
    def __call__(self, sentences: list[str], batch: int = 256, log: str = "") -> np.ndarray:
        """-> [N, 384] float16."""
        encodings = [encoding.ids for encoding in self.tokenizer.encode_batch(sentences)]
        order = sorted(range(len(encodings)), key=lambda index: len(encodings[index]))
        vectors = np.zeros((len(encodings), 384), np.float16)
        started, said = time.time(), time.time()
        for at in range(0, len(order), batch):
            rows = order[at : at + batch]
            length = len(encodings[rows[-1]])
            ids = torch.zeros(len(rows), length, dtype=torch.long)
            mask = torch.zeros(len(rows), length)
            for row, index in enumerate(rows):
                ids[row, : len(encodings[index])] = torch.tensor(encodings[index])
                mask[row, : len(encodings[index])] = 1
            vectors[rows] = self.model(ids, mask).numpy().astype(np.float16)
            if log and time.time() - said > 20:
                said = time.time()
                rate = (at + len(rows)) / (said - started)
                print(f"  {log}: {at + len(rows)} of {len(order)}, {rate:.0f} a second", flush=True)
        return vectors
