"""The seals of a chain's ends: one fits its tenant, its entry, its end and its key alone."""

from hypothesis import given
from hypothesis import strategies as st

from kefu.common.audit.entry import ORIGIN, Link
from kefu.common.audit.seals import BEGINNING, END, ChainNote, Sealer

_LINKS = st.builds(Link, st.integers(1, 10**12), st.text("0123456789abcdef", min_size=64, max_size=64))
_ENDS = (BEGINNING, END)


@given(_LINKS, _LINKS | st.just(ORIGIN))
def test_a_note_is_sealed_for_its_tenant_and_by_its_key_alone(head: Link, trim: Link) -> None:
    note = Sealer("key").note("acme", head, trim)
    assert (note.head, note.trim) == (head, trim)
    assert Sealer("key").unsealed("acme", note) == ()
    ends = _ENDS if trim != ORIGIN else (END,)
    assert Sealer("other").unsealed("acme", note) == ends
    assert Sealer("key").unsealed("other", note) == ends


@given(_LINKS, _LINKS, st.sampled_from(ChainNote._fields))
def test_a_field_that_is_changed_or_missing_makes_its_end_unsealed(head: Link, trim: Link, field: str) -> None:
    note = Sealer("key").note("acme", head, trim)
    end = (BEGINNING,) if field.startswith("trimmed") else (END,)
    for value in ("", f"{getattr(note, field)}0", f"0{getattr(note, field)}", "9" * 5000, "²"):
        assert Sealer("key").unsealed("acme", note._replace(**{field: value})) == end


@given(_LINKS)
def test_one_ends_seal_is_not_the_other_ones(link: Link) -> None:
    note = Sealer("key").note("acme", link, link)
    assert note.seal != note.trimmed_seal
    swapped = note._replace(seal=note.trimmed_seal, trimmed_seal=note.seal)
    assert Sealer("key").unsealed("acme", swapped) == _ENDS


def test_of_nothing_nothing_is_noted() -> None:
    assert Sealer("key").note("acme", ORIGIN, ORIGIN) == ChainNote()
    assert Sealer("key").unsealed("acme", ChainNote()) == ()
    assert Sealer("key").unsealed("acme", ChainNote(seal="x", trimmed_seal="x")) == _ENDS
