"""What a customer's reply to an action's question names: by its number, in words, or word for word."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kefu.router.actions.action import ActionInput, Texts
from kefu.router.actions.value_pattern import values_in
from kefu.router.domain.turn import InputValue, PendingInput
from kefu.router.grounding.lexical_overlap import units_of
from kefu.router.nlu.consent import Consent
from kefu.router.nlu.normalization import normalize
from kefu.router.nlu.own_case import asks_something
from kefu.router.nlu.packs import PACKS

_MOST_NUMBERED = 40
"""Characters of a reply that may name several things by their numbers."""
_MOST_WORDS = 80
"""Characters of a reply that may name a thing by some of its words; who writes more speaks of something else."""
_LEAST_LETTERS = 4
"""Of part of an option's text: "no" and "ok" say something else."""
_AND = re.compile("|".join(["[,，、;；&+]", *(pack.naming.conjunction for pack in PACKS)]))
_REVERSES = re.compile("|".join(pack.naming.reversal for pack in PACKS))
_NOTHING = re.compile("|".join(["", *(pack.naming.nothing for pack in PACKS)]))
"""Plain texts that stand for an empty one."""
_NUMBER = re.compile(r"(?<!\d)\d{1,2}(?!\d)", re.ASCII)


@dataclass(frozen=True)
class Named:
    """What a reply names."""

    value: InputValue | None = None
    """None: no value alone."""
    among: tuple[str, ...] = ()
    """The values of which it may be each, where it is none alone: it is to be asked again among them."""
    is_other: bool = False
    """It has a value that was not offered: what the customer has is to be looked at again."""

    @property
    def asks_again(self) -> bool:
        """Whether it names something, and no value that can be taken as it is."""
        return bool(self.among) or self.is_other


NOTHING_NAMED = Named()


def named_by_reply(
    needed: ActionInput, pending: PendingInput, choice: str, text: str, consent: Consent | None = None
) -> Named:
    """What the reply to an action's question names.

    `choice`: the one of the question's choices that it is, by its number or words. `consent`: NO: it says no, and names
    a value only where it does so by a number or in full. YES: it means the only value, where there is one. UNCLEAR: it
    is a yes to something else, and names nothing.
    """
    if consent is Consent.UNCLEAR:
        return NOTHING_NAMED
    if needed.is_text:
        return NOTHING_NAMED if consent is Consent.NO else _text(needed, text)
    if needed.options or not pending.values:
        return Named(pending.values.get(choice) or named_value(needed, text, is_reply=True) or None)
    values = list(pending.values.values())
    if pending.all_of_these and (choice == pending.all_of_these or _begins(pending.all_of_these, text)):
        return Named(tuple(values))
    named = values_in(needed.pattern, text) if needed.pattern else []
    known = among(named, values)
    many = bool(pending.all_of_these)
    if many and (several := _numbered(values, named, text) or known):
        return Named(several)
    if len(known) > 1:
        return Named(among=known)
    one = pending.values.get(choice) or next(iter(known), "")
    if one:
        return Named((one,) if many else one)
    if named:
        return Named(is_other=True)
    if consent is Consent.YES and len(values) == 1:
        return Named((values[0],) if many else values[0])
    return NOTHING_NAMED if consent is Consent.NO else _by_words(pending.values, text, many=many)


def named_value(needed: ActionInput, text: str, *, is_reply: bool = False) -> str:
    """The value that a message names; empty where it names none, or several options.

    `is_reply`: it was asked for, so that part of an option's text is enough ("mistake"), or words that it alone has.
    """
    if not needed.options:
        return next(iter(values_in(needed.pattern, text)), "")
    labels = {each: value for value, texts in needed.options.items() for each in texts.values()}
    said = _plain(text)
    named = {value for label, value in labels.items() if _holds(said, _plain(label))}
    if len(named) != 1 and is_reply:
        return labels.get(_label_of(labels, text), "") or _spoken_of(needed.options, text)
    return named.pop() if len(named) == 1 else ""


def told_by_words(described: Sequence[str], text: str) -> tuple[int, ...]:
    """Which of several things a message speaks of, by words that not all of their descriptions have: "the kettle".

    Several, where it has as many words of each. None where it excepts something: "all but the kettle".
    """
    if len(described) < 2 or _REVERSES.search(text.casefold()):
        return ()
    said = {unit for unit in units_of(text) if len(unit) > 1 and not unit[0].isdigit()}
    units = [units_of(each) & said for each in described]
    of_all = frozenset[str].intersection(*units)
    counts = [len(each - of_all) for each in units]
    most = max(counts)
    return tuple(number for number, count in enumerate(counts) if most and count == most)


def each_told_by_words(described: Sequence[str], text: str) -> tuple[tuple[int, ...], bool]:
    """As `told_by_words`, of each part of "the lamp and the kettle"; and whether a part may mean several.

    What is excepted in one part is in all: "all but the lamp and the kettle".
    """
    if _REVERSES.search(text.casefold()):
        return (), False
    parts = [told_by_words(described, part) for part in _AND.split(text)]
    return tuple(sorted({number for part in parts for number in part})), any(len(part) > 1 for part in parts)


def among(named: Sequence[str], values: Sequence[str]) -> tuple[str, ...]:
    """Those of the values that were named, however they were written ("#w1" for "#W1")."""
    known = {_bare(value): value for value in values}
    return tuple(dict.fromkeys(known[bare] for each in named if (bare := _bare(each)) in known))


def _numbered(values: Sequence[str], named: Sequence[str], text: str) -> tuple[str, ...]:
    """The values of several numbers in a reply ("1 and 3"); empty where it has not several, or others too."""
    numbers = [] if named or len(text) > _MOST_NUMBERED else [int(number) for number in _NUMBER.findall(text)]
    if len(numbers) < 2 or not all(0 < number <= len(values) for number in numbers):
        return ()
    return tuple(dict.fromkeys(values[number - 1] for number in numbers))


def _by_words(labels: Mapping[str, str], text: str, *, many: bool) -> Named:
    """What a reply names by words that not all labels have: "the blue one". `labels`: values by what was shown.

    Where `many` may be meant, each part of "the kettle and the lamp" names one. What may be several, names nothing in
    one of its parts, or has a no or an exception in it, is asked again: nothing is taken silently. Digits alone are a
    number that nothing has.
    """
    if len(text) > _MOST_WORDS or not any(map(str.isalpha, text)) or asks_something(normalize(text)):
        return NOTHING_NAMED
    parts = [part for each in (_AND.split(text.casefold()) if many else [text]) if (part := _plain(each))]
    named = [_nearest(labels, part) for part in parts]
    if not any(named):
        return NOTHING_NAMED
    if _REVERSES.search(text.casefold()) or not all(named):
        return Named(among=tuple(labels.values()))
    if not many:
        [meant] = named
        return Named(labels[meant[0]]) if len(meant) == 1 else Named(among=tuple(labels[each] for each in meant))
    if any(len(meant) > 1 for meant in named):
        return Named(among=tuple(labels.values()))
    return Named(tuple(dict.fromkeys(labels[meant[0]] for meant in named)))


def _nearest(labels: Iterable[str], said: str) -> list[str]:
    """The labels that have most of what is said; all of them where it is said of each, none where it is of none."""
    words = {
        label: {word for word in _plain(label).split() if _holds(said, word) or _is_part(said, word)}
        for label in labels
    }
    of_all = set[str].intersection(*words.values()) if len(words) > 1 else set[str]()
    counts = {label: len(found - of_all) for label, found in words.items()}
    most = max(counts.values())
    if not most and not of_all:
        return []
    return [label for label, count in counts.items() if count == most]


def _text(needed: ActionInput, text: str) -> Named:
    """A text in one line; one without letters and digits, or that says that there is none, is an empty one."""
    line = " ".join(text.split())
    if len(line) > needed.max_characters or asks_something(normalize(text)):
        return NOTHING_NAMED
    return Named("" if _NOTHING.fullmatch(_plain(line)) else line)


def _label_of(labels: Iterable[str], text: str) -> str:
    """The one label that a reply is a part of; empty where it is of none, or of several."""
    said = _plain(text)
    if said.isascii() and len(said) < _LEAST_LETTERS:
        return ""
    found = [label for label in labels if _holds(_plain(label), said)]
    return found[0] if len(found) == 1 else ""


def _spoken_of(options: Mapping[str, Texts], text: str) -> str:
    """The one option that a reply speaks of by its words; empty where it is none, or several, or a question."""
    if len(text) > _MOST_WORDS or asks_something(normalize(text)):
        return ""
    found = told_by_words(["\n".join(texts.values()) for texts in options.values()], text)
    return list(options)[found[0]] if len(found) == 1 else ""


def _begins(label: str, text: str) -> bool:
    """Whether a reply is how a label begins, in whole words: "all"."""
    said = _plain(text)
    return bool(said) and f"{_plain(label)} ".startswith(f"{said} ")


def _plain(text: str) -> str:
    """A text in lower case, with a blank in place of all that is no letter and no digit."""
    return " ".join("".join(each if each.isalnum() else " " for each in text.casefold()).split())


def _holds(text: str, part: str) -> bool:
    """Whether a plain text holds another one as whole words; in Chinese, which writes none, two characters are one."""
    return f" {part} " in f" {text} " or (not part.isascii() and len(part) > 1 and part in text)


def _is_part(said: str, word: str) -> bool:
    """Whether what is said is a part of a word, as only Chinese has it: 水壶 of 电水壶."""
    return not said.isascii() and len(said) > 1 and said in word


def _bare(value: str) -> str:
    return "".join(character for character in value.casefold() if character.isalnum())
