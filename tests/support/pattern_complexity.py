"""
What a regular expression may cost: stars that read a text in two ways, and texts that make a search begin anew.

Python's `re` tries one way after the other. A star whose body reads the same text in two ways doubles the ways with
each repetition, so a short text takes for ever. That is decided here on the pattern's own parse tree: the star's
automaton (Glushkov: one state for each character of the pattern) is ambiguous if two different paths lead from a state
back to it along one text.

A search that reads a long run, fails, and begins again one character later takes quadratic time. That depends on
anchors and look-behinds as well, so it is measured: `attacks` makes the texts for it out of the same tree.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import islice
from typing import Any

_compiler: Any = import_module("re._compiler")
_constants: Any = import_module("re._constants")
_parser: Any = import_module("re._parser")
_ENDLESS = 16
"""A repeat of as many times or more counts as one without an end."""
_FAR = 1_000_000
_MOST_AHEAD = 100
_MOST_WAYS = 1_000
"""Characters that a search may look ahead from each place, and in how many ways, and still count as linear."""
_UNROLLED = 3
"""Copies of the body of a repeat with an end."""
_SAMPLES = "5q_Q -.,:/'\"(\n\t!é的Ж٣ｆ５\U0001f600\x00"
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
_MOST_ALTERNATIVES = 40


def _children(code: Any, argument: Any) -> list[Any]:
    """The parts of one node of the parse tree."""
    if code in _REPEATS:
        return [argument[2]]
    if code is _constants.BRANCH:
        return list(argument[1])
    if code is _constants.SUBPATTERN:
        return [argument[3]]
    if code is _constants.ATOMIC_GROUP:
        return [argument]
    if code in (_constants.ASSERT, _constants.ASSERT_NOT):
        return [argument[1]]
    if code is _constants.GROUPREF_EXISTS:
        return [part for part in argument[1:] if part is not None]
    return []


def _is_character(code: Any) -> bool:
    return code in (_constants.LITERAL, _constants.NOT_LITERAL, _constants.ANY, _constants.IN)


def _mentioned(tree: Any) -> Iterator[int]:
    for code, argument in tree:
        if code in (_constants.LITERAL, _constants.NOT_LITERAL):
            yield argument
        elif code is _constants.IN:
            for kind, what in argument:
                if kind is _constants.LITERAL:
                    yield what
                elif kind is _constants.RANGE:
                    yield from (what[0], what[1])
        for child in _children(code, argument):
            yield from _mentioned(child)


_known: dict[tuple[str, int, str], int] = {}


def _matches(node: Any, flags: int, alphabet: str) -> int:
    """The characters of an alphabet that one node matches, as a set of bits."""
    key = (repr(node), flags, alphabet)
    if key not in _known:
        compiled = _compiler.compile(_parser.SubPattern(_parser.State(), [node]), flags)
        _known[key] = sum(1 << at for at, character in enumerate(alphabet) if compiled.fullmatch(character))
    return _known[key]


@dataclass
class _Part:
    """A part of a pattern: in how many ways it is nothing, or begins and ends with each state; 2 stands for more."""

    nothing: int
    first: Mapping[int, int]
    last: Mapping[int, int]


@dataclass
class _Automaton:
    """States are positions of characters in the pattern; an edge that exists in two ways is ambiguous by itself."""

    alphabet: str
    labels: list[int] = field(default_factory=list[int])
    edges: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    def join(self, last: Mapping[int, int], first: Mapping[int, int]) -> None:
        for begin, one in last.items():
            targets = self.edges[begin]
            for end, other in first.items():
                targets[end] = min(2, targets.get(end, 0) + one * other)

    def sequence(self, tree: Any, flags: int) -> _Part:
        whole = _Part(1, {}, {})
        for node in tree:
            whole = self._then(whole, self._node(node, flags))
        return whole

    def _then(self, one: _Part, other: _Part) -> _Part:
        self.join(one.last, other.first)
        return _Part(
            min(2, one.nothing * other.nothing),
            _sum(one.first, _times(other.first, one.nothing)),
            _sum(other.last, _times(one.last, other.nothing)),
        )

    def _node(self, node: Any, flags: int) -> _Part:
        code, argument = node
        if _is_character(code):
            self.labels.append(_matches(node, flags, self.alphabet))
            state = len(self.labels) - 1
            return _Part(0, {state: 1}, {state: 1})
        if code in (_constants.AT, _constants.ASSERT, _constants.ASSERT_NOT, _constants.GROUPREF):
            return _Part(1, {}, {})
        if code is _constants.SUBPATTERN:
            _, add, remove, inner = argument
            return self.sequence(inner, (flags | add) & ~remove)
        if code is _constants.ATOMIC_GROUP:
            return self.sequence(argument, flags)
        if code in (_constants.BRANCH, _constants.GROUPREF_EXISTS):
            parts = [self.sequence(child, flags) for child in _children(code, argument)]
            return _Part(
                min(2, sum(part.nothing for part in parts)),
                _sum(*(part.first for part in parts)),
                _sum(*(part.last for part in parts)),
            )
        if code in _REPEATS:
            return self._repeat(code, argument, flags)
        raise NotImplementedError(f"{code} in a pattern")

    def _repeat(self, code: Any, argument: Any, flags: int) -> _Part:
        least, most, body = argument
        if _is_endless(most):
            part = self.sequence(body, flags)
            if code is not _constants.POSSESSIVE_REPEAT:
                self.join(part.last, part.first)
            return _Part(1 if least == 0 else part.nothing, part.first, part.last)
        whole = _Part(1, {}, {})
        copies = min(int(most), _UNROLLED)
        for copy in range(copies, 0, -1):  # from the end, for x{0,2} is (x(x)?)?
            whole = self._then(self.sequence(body, flags), whole)
            if copy > int(least):
                whole = _Part(1, whole.first, whole.last)
        return whole

    def is_ambiguous(self) -> bool:
        """Whether two different paths lead from a state back to it along one text."""
        component = _components(self.edges, len(self.labels))

        def steps(state: int) -> list[int]:
            return [to for to in self.edges.get(state, {}) if component[to] == component[state]]

        waiting: list[tuple[int, int]] = []
        for state in range(len(self.labels)):
            inside = steps(state)
            if any(self.edges[state][to] > 1 and self.labels[to] for to in inside):
                return True
            waiting += self._pairs(inside, inside)
        seen = set(waiting)
        while waiting:
            one, other = waiting.pop()
            left, right = steps(one), steps(other)
            if set(left) & set(right):
                return True
            for pair in self._pairs(left, right):
                if pair not in seen:
                    seen.add(pair)
                    waiting.append(pair)
        return False

    def _pairs(self, left: Sequence[int], right: Sequence[int]) -> list[tuple[int, int]]:
        return [
            (min(one, other), max(one, other))
            for one in left
            for other in right
            if one != other and self.labels[one] & self.labels[other]
        ]


def _is_endless(most: Any) -> bool:
    return most is _constants.MAXREPEAT or int(most) >= _ENDLESS


def _sum(*many: Mapping[int, int]) -> dict[int, int]:
    total: dict[int, int] = {}
    for one in many:
        for state, ways in one.items():
            total[state] = min(2, total.get(state, 0) + ways)
    return total


def _times(states: Mapping[int, int], ways: int) -> dict[int, int]:
    return {state: min(2, known * ways) for state, known in states.items()} if ways else {}


def _components(edges: Mapping[int, Mapping[int, int]], count: int) -> list[int]:
    """The strongly connected component of each state (Tarjan, without recursion)."""
    index = [-1] * count
    low = [0] * count
    component = [-1] * count
    stack: list[int] = []
    on_stack: set[int] = set()
    counter = 0
    for root in range(count):
        if index[root] >= 0:
            continue
        work: list[tuple[int, Iterator[int]]] = [(root, iter(edges.get(root, {})))]
        index[root] = low[root] = counter
        counter += 1
        stack.append(root)
        on_stack.add(root)
        while work:
            state, targets = work[-1]
            for to in targets:
                if index[to] < 0:
                    index[to] = low[to] = counter
                    counter += 1
                    stack.append(to)
                    on_stack.add(to)
                    work.append((to, iter(edges.get(to, {}))))
                    break
                if to in on_stack:
                    low[state] = min(low[state], index[to])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[state])
                if low[state] == index[state]:
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component[member] = state
                        if member == state:
                            break
    return component


def _loops(tree: Any, flags: int, *, inside: bool = False) -> Iterator[tuple[Any, int]]:
    """The outermost repeats without an end, and what look-arounds hold, each with its flags."""
    for code, argument in tree:
        is_loop = code in _REPEATS and _is_endless(argument[1])
        if is_loop and not inside:
            yield [(code, argument)], flags
        inner = flags
        if code is _constants.SUBPATTERN:
            inner = (flags | argument[1]) & ~argument[2]
        is_assertion = code in (_constants.ASSERT, _constants.ASSERT_NOT)
        for child in _children(code, argument):
            yield from _loops(child, inner, inside=(inside or is_loop) and not is_assertion)


def _alphabet(tree: Any, flags: int) -> str:
    characters = dict.fromkeys(chr(code) for code in _mentioned(tree))
    if flags & re.IGNORECASE:
        characters |= dict.fromkeys(each.swapcase() for each in list(characters) if len(each.swapcase()) == 1)
    return "".join(characters | dict.fromkeys(_SAMPLES))


def _parsed(pattern: re.Pattern[str]) -> tuple[Any, int]:
    # The flags that the pattern was compiled with hold those written in it.
    tree = _parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE & ~re.DEBUG)
    return tree, pattern.flags & ~re.DEBUG


def has_ambiguous_star(pattern: re.Pattern[str]) -> bool:
    """Whether some star of a pattern reads a text in two ways: exponential time at worst."""
    tree, flags = _parsed(pattern)
    alphabet = _alphabet(tree, flags)
    for loop, inner in _loops(tree, flags):
        automaton = _Automaton(alphabet)
        automaton.sequence(loop, inner)
        if automaton.is_ambiguous():
            return True
    return False


def is_evidently_linear(pattern: re.Pattern[str]) -> bool:
    """Whether a search is linear by the pattern's shape, so that no clock is needed.

    From each place it looks some dozen characters ahead, in few ways, or it ends in runs of single characters, with
    nothing to fail behind them.
    """
    tree, _ = _parsed(pattern)
    return _ends_in_runs(list(tree)) and _ways(tree) <= _MOST_WAYS


def _reach(tree: Any) -> int:
    """The most characters that a part may look at; `_FAR` stands for any number."""
    total = 0
    for code, argument in tree:
        if _is_character(code):
            total += 1
        elif code in _REPEATS:
            total += _reach(argument[2]) * min(int(argument[1]), _FAR)
        elif code is _constants.BRANCH:
            total += max(map(_reach, argument[1]))
        elif code is _constants.GROUPREF:
            total += _FAR
        else:
            total += sum(map(_reach, _children(code, argument)))
    return min(total, _FAR)


def _ways(tree: Any) -> int:
    """In how many ways a part may be tried from one place, at most. Runs of any length count as one."""
    total = 1
    for code, argument in tree:
        if code is _constants.BRANCH:
            total *= sum(map(_ways, argument[1]))
        elif code in _REPEATS:
            least, most, body = argument
            ways = _ways(body)
            if int(most) <= _MOST_AHEAD:
                total *= sum(min(ways**times, _FAR) for times in range(int(least), int(most) + 1))
        else:
            for child in _children(code, argument):
                total *= _ways(child)
        total = min(total, _FAR)
    return total


def _ends_in_runs(nodes: Sequence[Any]) -> bool:
    for at, node in enumerate(nodes):
        if _reach(nodes[: at + 1]) <= _MOST_AHEAD:
            continue
        code, argument = node
        if code is _constants.SUBPATTERN:
            is_run = _ends_in_runs(list(argument[3]))
        elif code is _constants.BRANCH:
            is_run = all(_ends_in_runs(list(branch)) for branch in argument[1])
        else:
            is_run = _is_run(node)
        return is_run and all(map(_may_be_nothing, nodes[at + 1 :]))
    return True


def _is_run(node: Any) -> bool:
    code, argument = node
    return code in _REPEATS and len(argument[2]) == 1 and _is_character(argument[2][0][0])


def _may_be_nothing(node: Any) -> bool:
    """Whether a part of one character, or a run of one, fits whatever follows."""
    return _is_run(node) and node[1][0] == 0


class _Examples:
    """Texts that parts of a pattern match, in short. Look-arounds and back references are left out."""

    def __init__(self, tree: Any, flags: int) -> None:
        self._alphabet = _alphabet(tree, flags)

    def characters(self, node: Any, flags: int) -> str:
        bits = _matches(node, flags, self._alphabet)
        return "".join(each for at, each in enumerate(self._alphabet) if bits >> at & 1)

    def one(self, tree: Any, flags: int) -> str:
        """One text that a part matches; the first alternative of each choice."""
        return next(iter(self.some(tree, flags)), "")

    def some(self, tree: Any, flags: int) -> Iterator[str]:
        """A text for each alternative that stands at the part's own level, and in what it repeats."""
        nodes = list(tree)
        base = [self._first(node, flags) for node in nodes]
        yield "".join(base)
        for at, node in enumerate(nodes):
            for other in islice(self._others(node, flags), _MOST_ALTERNATIVES):
                if other != base[at]:
                    yield "".join([*base[:at], other, *base[at + 1 :]])

    def _first(self, node: Any, flags: int) -> str:
        return next(iter(self._others(node, flags)), "")

    def _others(self, node: Any, flags: int) -> Iterator[str]:
        code, argument = node
        if _is_character(code):
            yield from self.characters(node, flags)
        elif code is _constants.BRANCH:
            for child in argument[1]:
                yield self.one(child, flags)
        elif code is _constants.SUBPATTERN:
            yield from self.some(argument[3], (flags | argument[1]) & ~argument[2])
        elif code is _constants.ATOMIC_GROUP:
            yield from self.some(argument, flags)
        elif code in _REPEATS:
            least, _, body = argument
            for text in self.some(body, flags):
                yield text * max(1, int(least))
        else:
            yield ""


def attacks(pattern: re.Pattern[str], length: int) -> Iterator[str]:
    """Texts of about `length` characters on which a search may begin anew at each character.

    For each repeat: what leads to it, its body over and over, and something that fits nothing. And the pattern itself
    over and over, whole and cut off.
    """
    tree, flags = _parsed(pattern)
    examples = _Examples(tree, flags)
    seen: set[str] = set()

    def made(head: str, pump: str) -> Iterator[str]:
        if pump and head + "|" + pump not in seen:
            seen.add(head + "|" + pump)
            times = max(1, (length - len(head)) // len(pump))
            yield head + pump * times
            yield head + pump * times + "\x00"

    for whole in islice(examples.some(tree, flags), _MOST_ALTERNATIVES):
        yield from made("", whole)
        yield from made("", whole[:-1])
        yield from made("", whole + "\x00")
    for head, body, inner in _repeats(tree, flags, "", examples):
        for pump in islice(examples.some(body, inner), 2 * _MOST_ALTERNATIVES):
            yield from made("", pump)
            yield from made(head, pump)
            yield from made("", head + pump)


def _repeats(tree: Any, flags: int, head: str, examples: _Examples) -> Iterator[tuple[str, Any, int]]:
    """Each repeat without an end, with a text that leads to it."""
    for node in tree:
        code, argument = node
        inner = (flags | argument[1]) & ~argument[2] if code is _constants.SUBPATTERN else flags
        if code in _REPEATS and (_is_endless(argument[1]) or int(argument[1]) > 1):
            yield head, argument[2], flags
        for child in _children(code, argument):
            yield from _repeats(child, inner, head, examples)
        head += examples.one([node], flags)
