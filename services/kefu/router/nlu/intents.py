"""
Intents that need no knowledge: greetings, thanks, acknowledgements, goodbyes, a question about the assistant itself, a
request for a human.

Precise rather than complete: a message is one of these only when all of it is. "Hi" is a greeting; "hi, where is my
parcel?" is a question, and so is "when does the human service start?". One intent wins over any question beside it: a
request for a human in so many words ("my parcel is late, let me talk to a human"). See `human_request`.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache

from kefu.router.nlu.human_request import BARE_REQUEST, asks_for_person
from kefu.router.nlu.normalization import readings
from kefu.router.nlu.packs import PACKS


class Intent(StrEnum):
    """What a message is, if it is no question. Of several in one message the first in this order counts."""

    PERSON = "person"
    GOODBYE = "goodbye"
    THANKS = "thanks"
    GREETING = "greeting"
    ACKNOWLEDGEMENT = "acknowledgement"
    ABOUT_ASSISTANT = "about_assistant"
    """A question about the assistant itself: "are you a bot?"."""


_ORDER = tuple(Intent)
_PHRASES = {
    Intent.PERSON: [BARE_REQUEST],
    Intent.GOODBYE: [pack.intents.goodbye for pack in PACKS],
    Intent.THANKS: ["🙏+", *(pack.intents.thanks for pack in PACKS)],
    Intent.GREETING: ["👋+", *(pack.intents.greeting for pack in PACKS)],
    Intent.ACKNOWLEDGEMENT: ["[👍👌✅💯🆗]+", *(pack.intents.acknowledgement for pack in PACKS)],
    Intent.ABOUT_ASSISTANT: [pack.intents.about_assistant for pack in PACKS],
}
# One pattern, each intent a group of it, in their order.
_PHRASE = re.compile("|".join(f"(?P<{intent.value}>{'|'.join(_PHRASES[intent])})" for intent in Intent))
_COURTESY = re.compile("|".join(pack.intents.courtesy for pack in PACKS))
_BREAK = re.compile(r"[,，.。!！?？;；、~～…\n:：)）(（\"“”^]+")
# Marks of feeling change nothing beside words, and are an acknowledgement alone.
_FEELING = re.compile(
    r"(?:[\ufe0e\ufe0f\u200d\U0001F3FB-\U0001F3FF\U0001F600-\U0001F64A\U0001F910-\U0001F93A\U0001F970-\U0001F97A"
    r"\U0001F493-\U0001F49F☺☹❤♥🌹🌷🌸💐🎉✨🤝🤗🥰💪👏🙌]|\[[\u4e00-\u9fff]{1,3}\]|(?<!\w)[:;=]-?[)(dp](?!\w)|\bxd\b)+"
)
_SAYING = re.compile("(🙏+|👍+|👌+|👋+|✅+|💯+|🆗+)")
_LONGEST = 80


def intent_of(normalized: str) -> Intent | None:
    """The intent of a normalized message that needs no knowledge; None for everything else."""
    if asks_for_person(normalized):
        return Intent.PERSON
    if len(normalized) > _LONGEST:
        return None
    without = _FEELING.sub(",", normalized)
    segments = [part for part in _BREAK.split(_SAYING.sub(r",\1,", without)) if part and part.strip()]
    if not segments:
        return Intent.ACKNOWLEDGEMENT if without != normalized else None
    found: set[Intent] = set()
    for segment in segments:
        intent = _intent_of_segment(" ".join(segment.split()))
        if intent is None:
            return None
        found.add(intent)
    return next((intent for intent in _ORDER if intent in found), None)


def _intent_of_segment(segment: str) -> Intent | None:
    """
    The intent of a text without marks, which may be several phrases in a row: "你好在吗", "ok thanks bye".

    What the rest is from a place on does not depend on the phrases before it. So each place is looked at once: forwards
    to find where phrases end, then backwards to find from which place all of the rest is phrases.
    """
    phrase_of = cache(_phrase)  # who says one thing again and again says the same phrases
    phrases: dict[int, list[tuple[int, Intent]]] = {0: []}
    rests: dict[int, Intent] = {}
    for begin in range(len(segment)):
        if begin not in phrases:
            continue
        if rest := _whole(segment[begin:]):
            rests[begin] = rest
            continue
        for end in _ends(segment, begin):
            phrase = phrase_of(segment[begin:end])
            if phrase is not None and phrase is not Intent.PERSON:
                following = end + segment[end].isspace()
                phrases[begin].append((following, phrase))
                phrases.setdefault(following, [])
    for begin in sorted(phrases, reverse=True):
        for following, phrase in phrases[begin]:
            if begin not in rests and following in rests:
                rests[begin] = min(phrase, rests[following], key=_ORDER.index)
    return rests.get(0)


def _ends(segment: str, begin: int) -> Iterator[int]:
    """Where a phrase may end that does not reach the end: behind a word, and behind any character of another script."""
    for end in range(begin + 1, len(segment)):
        if segment[end].isspace() or not (segment[end - 1].isspace() or segment[begin:end].isascii()):
            yield end


def _whole(text: str) -> Intent | None:
    """The intent of a text that is one phrase, with or without words of courtesy around it."""
    without_courtesy = _COURTESY.sub("", text).strip()
    return _phrase(text) or _phrase(without_courtesy) if without_courtesy else Intent.ACKNOWLEDGEMENT


def _phrase(text: str) -> Intent | None:
    """The intent of a text that is one phrase."""
    found = next(filter(None, map(_PHRASE.fullmatch, readings(text))), None)
    return Intent(found.lastgroup) if found is not None and found.lastgroup else None
