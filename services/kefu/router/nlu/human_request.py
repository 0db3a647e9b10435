"""
A request for a human in so many words: it wins over any question that stands beside it.

A message that asks how, when or where people can be reached is a question, and one that does not want a person is no
request: "how do I contact a person about my refund?" is searched, and so is "人工客服几点上班". "怎么转人工" is a
request nevertheless: only this conversation can be handed off.
"""

import re

from kefu.router.nlu.packs import PACKS

BARE_REQUEST = "|".join(pack.human_request.bare for pack in PACKS)
"""Matches a segment that is a request when the whole message says no more: a noun alone is one only then."""
_SEGMENT_BREAK = re.compile(
    "|".join(
        [
            r"[,，.。!！?？;；、~～…\n:：)）(（\"“”]+",
            *(pack.human_request.segment_break for pack in PACKS if pack.human_request.segment_break),
        ]
    )
)
_LONGEST_SEGMENT = 160
_LONGEST_WITH_MENTION = 120


def asks_for_person(normalized: str) -> bool:
    """Whether some part of a normalized message, whatever else stands in it, asks for a person."""
    for part in _SEGMENT_BREAK.split(normalized):
        segment = part.strip()
        if not segment or len(segment) > _LONGEST_SEGMENT:
            continue
        for pack in PACKS:
            found = pack.human_request.explicit.search(segment)
            if found and not pack.human_request.excluded.search(segment[: found.start()]):
                return True
    return False


def mentions_person(normalized: str) -> bool:
    """Whether a short message names a person or a bot, which is a request where nothing else can be meant by it."""
    return len(normalized) <= _LONGEST_WITH_MENTION and any(
        pack.human_request.mention.search(normalized) for pack in PACKS
    )
