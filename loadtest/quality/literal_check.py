"""
Figures, addresses and codes in answers, checked by other means than the router's own:
python -m loadtest.quality.literal_check FILE

FILE is what `kefu eval answers --texts` wrote. Every run of characters with a digit in it, every address, and every
number in words before a unit is looked for in the passages, the question and what was said before; what does not occur
is listed. Then the errors of `planted_literals*.json` go through the router's filters (right numbers from wrong rows,
wrong units, altered numbers, addresses and codes), and the right answers beside them.
"""

import argparse
import json
import re
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kefu.router.guardrails.answer_filter import AnswerFilter
from kefu.router.guardrails.evidence import LiteralEvidence

PLANTED = Path(__file__).with_name("planted_literals.json")
HELD_OUT = Path(__file__).with_name("planted_literals_held_out.json")
"""Written after the rules; at its first run 28 of 32 were caught, and times of day were mended since."""
_CITATION = re.compile(r"\[\d{1,2}\]")
_NUMBERING = re.compile(r"(?m)^\s*\d{1,2}[.)、]\s")
_TOKEN = re.compile(r"(?:https?://|www\.)[\w./?=&%#-]+|[\w.+-]+@[\w.-]+|[A-Za-z]*\d[\w.,:/-]*")
_TEENS = re.findall(
    r"\w+",
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen",
)
_TENS = re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety")
_ENGLISH = {**{word: at for at, word in enumerate(_TEENS, 2)}, **{word: 10 * at for at, word in enumerate(_TENS, 2)}}
_UNIT = r"(?:days?|hours?|weeks?|months?|years?|minutes?|percent|yuan|dollars?|euros?)"
_IN_WORDS = re.compile(rf"\b({'|'.join(_ENGLISH)})\s+(?:business\s+|working\s+)?{_UNIT}\b", re.IGNORECASE)
_HAN = re.compile(r"([二三四五六七八九十百两]+)(?:个)?(?:工作日|天|小时|分钟|月|年|元|折|次)")
_HAN_VALUE = {"两": 2, **{character: value for value, character in enumerate("一二三四五六七八九", 1)}}


def literals_of(answer: str) -> list[str]:
    """Literals of an answer that the evidence has to hold."""
    text = _NUMBERING.sub(" ", _CITATION.sub("", unicodedata.normalize("NFKC", answer)))
    found = [token.strip(".,:/-") for token in _TOKEN.findall(text)]
    found += [str(_ENGLISH[word.lower()]) for word in _IN_WORDS.findall(text)]
    return [each for each in found + [str(_value(han)) for han in _HAN.findall(text)] if each]


def occurs(literal: str, evidence: str) -> bool:
    """Whether a literal occurs in a text as a whole; a plain number is compared by value."""
    text = unicodedata.normalize("NFKC", evidence).lower()
    if re.search(rf"(?<![a-z0-9]){re.escape(literal.lower())}(?![a-z0-9])", text):
        return True
    numbers = {_normalize_number(number) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", text)}
    numbers |= {str(_ENGLISH[word]) for word in re.findall(r"[a-z]+", text) if word in _ENGLISH}
    numbers |= {str(_value(han)) for han in re.findall("[一二三四五六七八九十百两]+", text)}
    parts = re.findall(r"\d[\d,]*(?:\.\d+)?", literal)
    is_code = bool(
        re.search("[A-Za-z]", re.sub(r"(?i)(?<=\d)(?:st|nd|rd|th|s|kg|g|km|m|cm|days?|hours?)$", "", literal))
    )
    return not is_code and bool(parts) and all(_normalize_number(part) in numbers for part in parts)


def unsupported(row: dict[str, Any]) -> list[str]:
    """Literals of one answer that no evidence holds."""
    evidence = "\n".join((*row["evidence"], row["question"]))
    return [literal for literal in literals_of(row["text"]) if not occurs(literal, evidence)]


def passes(above: str, text: str, question: str, answer: str) -> bool:
    """Whether the router lets an answer pass unchanged."""
    chain = AnswerFilter([], LiteralEvidence([question], [(above, text)], question))
    return chain.push(answer) + chain.finish() == answer and chain.blocked is None


def check_planted(path: Path) -> tuple[list[str], list[str], int, int]:
    """Planted errors that passed, right answers that did not, and the number of both."""
    cases: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))

    def goes_out(case: dict[str, Any], answer: str) -> bool:
        return passes(case["above"], case["text"], case["question"], answer)

    missed = [answer for case in cases for answer in case["wrong"] if goes_out(case, answer)]
    stopped = [answer for case in cases for answer in case["right"] if not goes_out(case, answer)]
    return missed, stopped, sum(len(case["wrong"]) for case in cases), sum(len(case["right"]) for case in cases)


def _normalize_number(number: str) -> str:
    whole, _, fraction = number.replace(",", "").partition(".")
    fraction = fraction.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{fraction}" if fraction else "")


def _value(han: str) -> int:
    total = digit = 0
    for character in han:
        if character in "十百":
            total, digit = total + (digit or 1) * (10 if character == "十" else 100), 0
        else:
            digit = _HAN_VALUE.get(character, 0)
    return total + digit


def main(paths: Iterable[str]) -> int:
    """Print the findings. Exit status 1: an answer holds an unsupported literal."""
    rows = [json.loads(line) for path in paths for line in Path(path).read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["arm"] in ("rag", "oracle")]
    bad = [(row, found) for row in rows if (found := unsupported(row))]
    answered = sum(row["finish"] != "handoff" for row in rows)
    withheld = sum(bool(row["blocked"]) for row in rows)
    held = sum(len(literals_of(row["text"])) for row in rows)
    print(f"{len(rows)} answers, {answered} of them not handed over, {withheld} broken off at a literal")
    print(f"{held} figures, addresses and codes in them; answers with one that nothing bears out: {len(bad)}")
    for row, found in bad:
        print(f"  {row['id']}: {found} in {row['text']!r}")
    for path in (PLANTED, HELD_OUT):
        missed, stopped, wrong, right = check_planted(path)
        print(
            f"{path.name}: {wrong - len(missed)} of {wrong} errors caught, {len(stopped)} of {right} others broken off"
        )
        for label, answers in (("passed", missed), ("broken off", stopped)):
            for answer in answers:
                print(f"  {label}: {answer}")
    return 1 if bad else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE")
    sys.exit(main(parser.parse_args().files))
