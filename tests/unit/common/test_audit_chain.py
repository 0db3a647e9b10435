"""The chain of audit entries: whatever is done to one entry, the check finds it."""

import hashlib
import json
from dataclasses import asdict, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.common.audit.chain import Break, ChainCheck
from kefu.common.audit.entry import ORIGIN, AuditEntry, Link, StoredEntry, actor_of, hash_of
from tests.support.table import table

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_ENTRIES = st.builds(
    AuditEntry,
    time=st.integers(0, 2**45),
    actor=_TEXT,
    action=_TEXT,
    target=_TEXT,
    outcome=_TEXT,
    name=_TEXT,
    scopes=st.lists(_TEXT, max_size=3).map(tuple),
    address=_TEXT,
    details=st.dictionaries(_TEXT, _TEXT, max_size=3),
)


def chained(entries: list[AuditEntry], tenant: str = "acme") -> list[StoredEntry]:
    """The entries as they are stored."""
    head, stored = ORIGIN, list[StoredEntry]()
    for entry in entries:
        text = entry.placed(tenant, head).text()
        stored.append(StoredEntry(text, hash_of(text)))
        head = Link(head.sequence + 1, stored[-1].hash)
    return stored


def break_of(stored: list[StoredEntry], original: list[StoredEntry], start: Link = ORIGIN) -> Break | None:
    """What a check says of these entries, when the original ones were written."""
    check = ChainCheck("acme", start)
    for one in stored:
        if not check.add(one):
            break
    check.end(Link(len(original), original[-1].hash) if original else ORIGIN)
    return check.broken


def broken_at(stored: list[StoredEntry], original: list[StoredEntry], start: Link = ORIGIN) -> int:
    """The number of the entry at which a check finds the chain broken; 0 when it is whole."""
    found = break_of(stored, original, start)
    return found.sequence if found else 0


@given(st.lists(_ENTRIES, max_size=8))
def test_a_chain_that_nobody_touched_is_whole(entries: list[AuditEntry]) -> None:
    stored = chained(entries)
    assert not broken_at(stored, stored)


@given(st.lists(_ENTRIES, min_size=1, max_size=8), st.data())
def test_any_single_change_of_a_field_is_found_where_it_was_made(
    entries: list[AuditEntry], data: st.DataObject
) -> None:
    stored = chained(entries)
    at = data.draw(st.integers(0, len(stored) - 1))
    before = AuditEntry.from_text(stored[at].text)
    name = data.draw(st.sampled_from([field.name for field in fields(AuditEntry)]))
    value = getattr(before, name)
    other = {
        int: lambda: value + 1,
        str: lambda: value + "x",
        tuple: lambda: (*value, "x"),
        dict: lambda: {**value, "": "x"},
    }
    changed = replace(before, **{name: other[type(value)]()})
    if changed == before:
        return
    assert broken_at([*stored[:at], StoredEntry(changed.text(), stored[at].hash), *stored[at + 1 :]], stored) == at + 1
    # Someone who also computes its hash anew is found at the entry after it, or at the end.
    rehashed = StoredEntry(changed.text(), hash_of(changed.text()))
    assert broken_at([*stored[:at], rehashed, *stored[at + 1 :]], stored) in (at + 1, at + 2)


@given(st.lists(_ENTRIES, min_size=2, max_size=8), st.data())
def test_an_entry_that_is_removed_moved_or_put_in_is_found(entries: list[AuditEntry], data: st.DataObject) -> None:
    stored = chained(entries)
    at = data.draw(st.integers(0, len(stored) - 1))
    removed = [*stored[:at], *stored[at + 1 :]]
    assert broken_at(removed, stored) == at + 1
    to = data.draw(st.integers(0, len(removed)).filter(lambda place: place != at))
    assert broken_at([*removed[:to], stored[at], *removed[to:]], stored)
    forged = replace(entries[at], actor="tenants/acme/keys/forged").placed(
        "acme", Link(at, stored[at - 1].hash if at else "")
    )
    put_in = StoredEntry(forged.text(), hash_of(forged.text()))
    assert broken_at([*stored[:at], put_in, *stored[at:]], stored)


@given(st.lists(_ENTRIES, min_size=2, max_size=8), st.data())
def test_a_chain_whose_beginning_was_removed_for_its_age_is_whole_and_one_that_lost_more_is_not(
    entries: list[AuditEntry], data: st.DataObject
) -> None:
    stored = chained(entries)
    kept = data.draw(st.integers(1, len(stored) - 1))
    start = Link(kept, stored[kept - 1].hash)
    assert not broken_at(stored[kept:], stored, start)
    assert broken_at(stored[kept + 1 :], stored, start) == kept + 1
    assert broken_at(stored[kept:], stored) == 1, "nothing says that the beginning was removed for its age"


def test_an_entry_of_another_tenant_is_found() -> None:
    entry = AuditEntry(1, "tenants/acme/keys/a", "key.create", "tenants/acme/keys", "OK")
    stored = chained([entry], tenant="other")
    assert break_of(stored, stored) == Break(1, "The entry is of another tenant's log.")


@given(_ENTRIES)
def test_a_line_of_json_can_be_checked_without_kefu(entry: AuditEntry) -> None:
    [stored] = chained([entry])
    line = stored.line()
    assert not {"\n", "\r"} & set(line)
    values = json.loads(line)
    digest = values.pop("hash")
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == digest
    assert AuditEntry.from_text(stored.text) == entry.placed("acme", ORIGIN)


@table(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        "no JSON",
        '{"scopes": 1}',
        json.dumps({**asdict(AuditEntry(1, "", "", "", "")), "time": "1"}),
    ],
)
def test_what_is_no_entry_is_said_to_be_none_and_is_still_one_line_of_json(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        AuditEntry.from_text(text)
    assert json.loads(StoredEntry(text, "h").line()) == {"unreadable": text, "hash": "h"}
    assert break_of([StoredEntry(text, hash_of(text))], []) == Break(1, "The entry cannot be read.")


def test_callers_are_named_by_their_kind_and_visitors_by_a_hash() -> None:
    assert actor_of("acme", "0123abcdef45") == "tenants/acme/keys/0123abcdef45"
    assert actor_of("acme", "user-aa") == "tenants/acme/users/user-aa"
    visitor = actor_of("acme", "visitor-6ac1")
    assert visitor.startswith("tenants/acme/visitors/")
    assert "6ac1" not in visitor
