"""Radicals read as the characters that they look like."""

from kefu.text.radical_forms import with_unified_ideographs

_WITHOUT_IDEOGRAPH = {"\u2e80", "\u2e9a"}
"""A repetition mark, and a place that Unicode leaves empty."""


def test_every_radical_becomes_one_unified_ideograph() -> None:
    radicals = [chr(code) for code in (*range(0x2E80, 0x2EF4), *range(0x2F00, 0x2FD6))]
    read = with_unified_ideographs("".join(radicals))
    assert len(read) == len(radicals)
    assert {one for one in read if one < "\u3000"} == _WITHOUT_IDEOGRAPH


def test_other_text_stays_as_it_is() -> None:
    assert with_unified_ideographs("⼈⽉⼯⻔⻓ 人月 ＡＢ ﬁ 1½") == "人月工门长 人月 ＡＢ ﬁ 1½"
