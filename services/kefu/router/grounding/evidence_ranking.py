"""
Evidence ranking: which piece of the passages answers the question.

A linear model over what can be counted and over one cosine (the question's with the piece under its title and
headings). The best pieces by it are read by a cross-encoder, and ranked anew by the same features and its reading. The
weights are fitted on question sets, by the likelihood of a right piece among all of a question's
(`kefu.evaluation.conversations.evidence_fit`; docs/benchmarks/answers.md says with what success). Further sets of
weights do without readings and without cosines, for when retrieval does not give any.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from statistics import fmean

from kefu.router.domain.turn import Passage
from kefu.router.grounding.evidence_pieces import SHORT, EvidencePiece, PieceKind, pieces_of
from kefu.router.grounding.lexical_overlap import units_of
from kefu.router.grounding.question_kind import asks_for_figure, asks_how
from kefu.text.language import UNKNOWN, AnswerLanguage, language_of

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NEGATION = re.compile(r"\b(?:not|no|never|only|cannot|without|except|unless)\b|n't\b|[不无没仅只除]")
_EXAMPLE = re.compile(r"\b(?:for instance|e\.g\.|(?<![.@])example)|举例|例如|比如|譬如|示例", re.IGNORECASE)
_CODE = re.compile(r"\b[A-Za-z\d]++(?:-[A-Za-z\d]++)*+\b")
_LETTER = re.compile("[a-z]")
_DIGIT = re.compile(r"\d")
_MOST_PASSAGES = 20
_MOST_PIECES = 256
_MOST_COMPARED = 64
"""Of the pieces, the best by their words; the right one is hardly ever below, and embedding one takes 6 ms."""
MOST_READ = 24
"""Pieces that are read again: the right one is hardly ever below (docs/benchmarks/answers.md)."""
_LEAST_SHARE = 1 / 3
"""Of a passage's lines or pieces, those in a language that make it one in that language too."""
_LEAST_PROBABILITY = 1e-3
_CLEAR = 0.7
"""A piece that is the best one with this probability needs no second opinion."""
READING = "reading"
"""The feature that the evidence reader gives: the log-odds that a piece answers."""
_BEST_READINGS = 5
_WEIGHTS_FILE = "evidence_weights.json"


@dataclass(frozen=True)
class RankedPiece:
    """A piece, and how much speaks for it: comparable within one question only."""

    piece: EvidencePiece
    score: float
    probability: float
    """That it is the best of all pieces, by the model; they sum to 1."""
    features: Mapping[str, float] = field(default_factory=dict[str, float], repr=False, compare=False)


def candidate_pieces(passages: Sequence[Passage], language: AnswerLanguage) -> list[EvidencePiece]:
    """The pieces that may be shown: of the first passages in the customer's language, or of the first at all without
    one; of a passage in two languages those in the customer's. The same words are there once."""
    readable = [index for index, each in enumerate(passages) if _is_in(each, language)] or range(len(passages))
    found: dict[str, EvidencePiece] = {}
    for index in readable[:_MOST_PASSAGES]:
        pieces = pieces_of(index, passages[index], language)
        own = [piece for piece in pieces if language_of(piece.text) in (language, UNKNOWN)]
        is_bilingual = _LEAST_SHARE <= len(own) / max(len(pieces), 1) <= 1 - _LEAST_SHARE
        for piece in own if is_bilingual else pieces:
            found.setdefault(piece.text, piece)
    return list(found.values())[:_MOST_PIECES]


def _is_in(passage: Passage, language: AnswerLanguage) -> bool:
    """Whether a passage is in a language, by its lines: its document may be in two."""
    found = [language_of(line) for line in passage.text.splitlines()]
    known = [each for each in found if each != UNKNOWN]
    if not known:
        return passage.language in ("", language)
    share = known.count(language) / len(known)
    return share >= _LEAST_SHARE or (passage.language == language and share > 0)


def worth_comparing(
    question: str, before: str, passages: Sequence[Passage], pieces: Sequence[EvidencePiece]
) -> list[EvidencePiece]:
    """The pieces whose embeddings are compared: the best by their words, in the order given."""
    if len(pieces) <= _MOST_COMPARED:
        return list(pieces)
    best = {id(each.piece) for each in ranked_pieces(question, before, passages, pieces, None)[:_MOST_COMPARED]}
    return [piece for piece in pieces if id(piece) in best]


def text_to_compare(piece: EvidencePiece, passages: Sequence[Passage]) -> str:
    """What is embedded of a piece: it, under its title, headings, and question or clause."""
    passage = passages[piece.passage]
    above = f"{passage.title}\n{' > '.join(passage.headings)}\n"
    return f"{above}{piece.filed_under} {piece.text}" if piece.filed_under else above + piece.text


def ranked_pieces(
    question: str,
    before: str,
    passages: Sequence[Passage],
    pieces: Sequence[EvidencePiece],
    cosines: Sequence[float] | None,
) -> list[RankedPiece]:
    """All pieces, the best first. `before`: the earlier question that this one leans on, or an empty text.

    `cosines`: of the question with `text_to_compare` of each piece; None without.
    """
    if not pieces:
        return []
    rows = features(question, before, passages, pieces, cosines)
    return by_weights(pieces, rows, fitted_weights()["ranking" if cosines is not None else "ranking_without_cosines"])


def read_again(ranked: Sequence[RankedPiece], readings: Sequence[float]) -> list[RankedPiece]:
    """The ranking anew, by the readings of its first pieces too; the others stay below these."""
    if not readings:
        return list(ranked)
    read, others = ranked[: len(readings)], ranked[len(readings) :]
    rows = [{**each.features, READING: reading} for each, reading in zip(read, readings, strict=True)]
    found = by_weights([each.piece for each in read], rows, fitted_weights()["ranking_read"])
    gap = found[-1].score - read[-1].score
    return found + [replace(each, score=each.score + gap, probability=0.0) for each in others]


def by_weights(
    pieces: Sequence[EvidencePiece], rows: Sequence[Mapping[str, float]], weights: Mapping[str, float]
) -> list[RankedPiece]:
    """The pieces with their features, ranked by the weights of some of these."""
    scores = [math.fsum(weight * row[name] for name, weight in weights.items()) for row in rows]
    most = max(scores)
    total = math.fsum(math.exp(score - most) for score in scores)
    ranked = [
        RankedPiece(piece, score, math.exp(score - most) / total, row)
        for piece, score, row in zip(pieces, scores, rows, strict=True)
    ]
    return sorted(ranked, key=lambda each: -each.score)


def close_pieces(ranked: Sequence[RankedPiece], most: int) -> list[RankedPiece]:
    """The best pieces where it is not clear which of them is the best; empty where it is. No two of them overlap."""
    found: list[RankedPiece] = []
    for each in ranked:
        if not any(each.piece.overlaps(other.piece) for other in found):
            found.append(each)
        if len(found) == most:
            break
    return found if len(found) > 1 and found[0].probability < _CLEAR else []


def reranked(
    ranked: Sequence[RankedPiece], close: Sequence[RankedPiece], probabilities: Sequence[float], weight: float
) -> list[RankedPiece]:
    """The ranking with a second opinion on `close_pieces`: how probable each of them is, which counts with `weight`."""
    gains = [weight * math.log(max(each, _LEAST_PROBABILITY)) for each in probabilities]
    most = max(gains)
    gained = {id(each): gain - most for each, gain in zip(close, gains, strict=True)}
    again = (replace(each, score=each.score + gained.get(id(each), 0.0)) for each in ranked)
    return sorted(again, key=lambda each: -each.score)


def bearing_features(ranked: Sequence[RankedPiece], passages: Sequence[Passage]) -> dict[str, float]:
    """What tells whether the best piece answers the question at all: by itself, and how clearly before the others.

    Where there are no cosines, the best piece's own features: words alone do not tell how clear it is among a few.
    """
    best, near = ranked[0], ranked[:MOST_READ]
    relevance = max(passage.relevance for passage in passages)
    if "cosine" not in best.features:
        return {**best.features, "score": best.score, "greatest relevance": relevance}
    cosine = best.features["cosine"]
    found = {
        "score": best.score,
        "clear": math.log(max(best.probability, _LEAST_PROBABILITY)),
        "greatest relevance": relevance,
        "precision": best.features["precision"],
        "cosine": cosine,
        "cosine above mean": cosine - fmean(each.features["cosine"] for each in near),
    }
    if READING in best.features:
        readings = sorted((each.features[READING] for each in near if READING in each.features), reverse=True)
        found["reading"] = best.features[READING]
        found["best readings"] = fmean(readings[:_BEST_READINGS])
    return found


def bearing(ranked: Sequence[RankedPiece], passages: Sequence[Passage]) -> float:
    """How likely the best piece answers the question, 0 to 1; 0 without a piece."""
    if not ranked:
        return 0.0
    found = bearing_features(ranked, passages)
    weights = fitted_weights()[
        "bearing_read" if READING in found else "bearing" if "cosine" in found else "bearing_without_cosines"
    ]
    total = weights["constant"] + math.fsum(weights.get(name, 0.0) * value for name, value in found.items())
    return 1 / (1 + math.exp(-total))


def features(
    question: str,
    before: str,
    passages: Sequence[Passage],
    pieces: Sequence[EvidencePiece],
    cosines: Sequence[float] | None,
) -> list[dict[str, float]]:
    """What speaks for each piece, by name. Without cosines those that need them are left out."""
    text = f"{before} {question}" if before else question
    asked = units_of(text)
    heads = [
        " ".join((passages[each.passage].title, *passages[each.passage].headings, each.filed_under)) for each in pieces
    ]
    own, above = [units_of(each.own or each.text) for each in pieces], [units_of(head) for head in heads]
    weights = _rarity(asked, [one | two for one, two in zip(own, above, strict=True)])
    total = math.fsum(sorted(weights.values())) or 1.0

    def held(units: frozenset[str]) -> float:
        return math.fsum(sorted(weights[unit] for unit in asked & units)) / total

    order = {index: at for at, index in enumerate(dict.fromkeys(each.passage for each in pieces))}
    subjects = _subjects(pieces, held)
    columns = _columns(pieces, asked, text.lower())
    codes = _codes(text)
    figure, how, figures = asks_for_figure(question), asks_how(question), frozenset(_NUMBER.findall(question))
    found: list[dict[str, float]] = []
    for at, piece in enumerate(pieces):
        passage = passages[piece.passage]
        relevance = min(max(passage.relevance, _LEAST_PROBABILITY), 1 - _LEAST_PROBABILITY)
        says = frozenset(_NUMBER.findall(piece.text))
        others = [share for name, share in subjects.get(piece.passage, {}).items() if name != piece.subject]
        hit = columns.get(piece.passage, frozenset())
        in_table = piece.kind in (PieceKind.ROW, PieceKind.CELL)
        chinese = language_of(piece.text) == "zh"
        row = {
            "own": held(own[at]),
            "above": held(above[at]),
            "either": held(own[at] | above[at]),
            "relevance": math.log(relevance / (1 - relevance)) / 4,
            "first passage": float(order[piece.passage] == 0),
            "passage": 1 / (1 + order[piece.passage]),
            "figure": float(figure and bool(says - figures)),
            "same figure": float(bool(says & figures)),
            "how": float(how and piece.kind is PieceKind.STEPS),
            "item": float(piece.kind is PieceKind.ITEM),
            "led in": float(piece.kind is PieceKind.ITEM and bool(piece.subject)),
            "list": float(piece.kind is PieceKind.LIST),
            "steps": float(piece.kind is PieceKind.STEPS),
            "row": float(piece.kind is PieceKind.ROW),
            "cell": float(piece.kind is PieceKind.CELL),
            "column": float(piece.kind is PieceKind.CELL and piece.column in hit),
            "other column": float(piece.kind is PieceKind.CELL and bool(hit) and piece.column not in hit),
            "row's name": (held(units_of(piece.subject)) - max(others, default=0.0)) if in_table else 0.0,
            "length": math.log(1 + len(piece.text)) / 3,
            "short": float(len(piece.own or piece.text) < SHORT[chinese]),
            "precision": len(asked & own[at]) / max(len(own[at]), 1),
            "negated": float(bool(_NEGATION.search(piece.text.lower()))),
            "asked": float(bool(piece.asked)),
            "example": float(bool(_EXAMPLE.search(piece.text))),
            "foreign code": float(bool(_codes(piece.text) - codes)),
        }
        if cosines is not None:
            row["cosine"] = cosines[at] * 10
        found.append(row)
    return found


def _codes(text: str) -> frozenset[str]:
    """Words of letters and digits, such as E-14: what is said under one of them is about it alone."""
    words = (found[0].lower() for found in _CODE.finditer(text))
    return frozenset(word for word in words if _LETTER.search(word) and _DIGIT.search(word))


def _rarity(asked: frozenset[str], held: Sequence[frozenset[str]]) -> dict[str, float]:
    """Words of the question by how few of the pieces have them; 0 for one that none has."""
    holders = Counter(unit for units in held for unit in units & asked)
    return {unit: math.log(1 + len(held) / holders[unit]) if holders[unit] else 0.0 for unit in asked}


def _subjects(pieces: Sequence[EvidencePiece], held: Callable[[frozenset[str]], float]) -> dict[int, dict[str, float]]:
    """By passage, how much of the question stands in the name of each of its tables' rows."""
    found: dict[int, dict[str, float]] = {}
    for piece in pieces:
        if piece.kind in (PieceKind.ROW, PieceKind.CELL):
            found.setdefault(piece.passage, {})[piece.subject] = held(units_of(piece.subject))
    return found


def _columns(pieces: Iterable[EvidencePiece], asked: frozenset[str], text: str) -> dict[int, frozenset[str]]:
    """By passage, the columns of its tables that the question names."""
    found: dict[int, set[str]] = {}
    for piece in pieces:
        if piece.column and (units_of(piece.column) & asked or piece.column.lower() in text):
            found.setdefault(piece.passage, set()).add(piece.column)
    return {index: frozenset(names) for index, names in found.items()}


@cache
def fitted_weights() -> Mapping[str, Mapping[str, float]]:
    """The weights of each ranking and of each `bearing`, by the names of features."""
    return json.loads(files("kefu.router.grounding").joinpath(_WEIGHTS_FILE).read_text())
