"""
What a component does to an overlay, as a list of changes that templates of Helm can make too.

A change names an object and a place in it. Steps of a place are keys, `name=X` for the element of a list that is called
so, and `index=N`. It sets or removes what is there, or puts elements before or behind a list's. What is not there
is not removed, and changes of an object that is not there do nothing: so components go together as with kustomize.
"""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from kefu.testing.kustomize import Object

Layer = dict[str, list[Object]]
"""`remove`, `add` and `change`, in the order in which they are applied."""


def key_of(one: Object) -> tuple[str, str]:
    """By what an object is found: its kind and its name."""
    return one["kind"], one["metadata"]["name"]


def layer_between(old: Iterable[Object], new: Iterable[Object]) -> Layer:
    """What makes the objects of `new` out of those of `old`."""
    before, after = ({key_of(one): one for one in objects} for objects in (old, new))
    return {
        "remove": [{"kind": kind, "name": name} for kind, name in before if (kind, name) not in after],
        "add": [one for key, one in after.items() if key not in before],
        "change": [
            {"kind": key[0], "name": key[1]} | change
            for key, one in after.items()
            if key in before
            for change in _between(before[key], one, ())
        ],
    }


def both(one: Layer, other: Layer) -> Layer:
    """A layer that does what either of two does, each thing once."""
    return {
        part: one[part] + [each for each in other[part] if each not in one[part]]
        for part in ("remove", "add", "change")
    }


def _between(old: Any, new: Any, path: tuple[str, ...]) -> Iterator[Object]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _between_mappings(cast("Object", old), cast("Object", new), path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _between_lists(cast("list[Any]", old), cast("list[Any]", new), path)
    else:
        yield {"path": list(path), "set": new}


def _between_mappings(old: Object, new: Object, path: tuple[str, ...]) -> Iterator[Object]:
    for key in (key for key in old if key not in new):
        yield {"path": [*path, key], "remove": True}
    for key, value in new.items():
        if key not in old and isinstance(value, dict) and value:
            yield from _between({}, cast("Object", value), (*path, key))
        elif key not in old and _named(value):
            yield {"path": [*path, key], "prepend": value}
        elif key not in old:
            yield {"path": [*path, key], "set": value}
        else:
            yield from _between(old[key], value, (*path, key))


def _between_lists(old: list[Any], new: list[Any], path: tuple[str, ...]) -> Iterator[Object]:
    if not (_named(old) and _named(new)):
        if new[len(new) - len(old) :] == old:
            yield {"path": list(path), "prepend": new[: len(new) - len(old)]}
        elif new[: len(old)] == old:
            yield {"path": list(path), "append": new[len(old) :]}
        else:
            yield {"path": list(path), "set": new}
        return
    before, after = ({one["name"]: one for one in elements} for elements in (old, new))
    kept = [name for name in after if name in before]
    first = [name for name in after if name not in before and (not kept or list(after).index(name) < _at(after, kept))]
    last = [name for name in after if name not in before and name not in first]
    if [*first, *kept, *last] != list(after) or kept != [name for name in before if name in after]:
        yield {"path": list(path), "set": new}
        return
    for name in before:
        if name not in after:
            yield {"path": [*path, f"name={name}"], "remove": True}
    for name in kept:
        yield from _between(before[name], after[name], (*path, f"name={name}"))
    for where, names in (("prepend", first), ("append", last)):
        if names:
            yield {"path": list(path), where: [after[name] for name in names]}


def _at(after: Object, kept: list[str]) -> int:
    return list(after).index(kept[0])


def _named(value: Any) -> bool:
    """Whether elements of a list are told apart by their names."""
    if not isinstance(value, list) or not value:
        return False
    elements = cast("list[Any]", value)
    names = [cast("Object", one).get("name") if isinstance(one, dict) else None for one in elements]
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(names)
