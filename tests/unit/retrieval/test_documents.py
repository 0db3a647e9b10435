"""Reading and cutting documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.common.errors import BadRequest
from kefu.retrieval.documents.charset import decode
from kefu.retrieval.documents.chunking import (
    PASSAGE_TOKENS,
    WINDOW_TOKENS,
    chunk_document,
    estimated_tokens,
    pack_sentences,
)
from kefu.retrieval.documents.parse import parse_document
from kefu.retrieval.documents.parsed_document import Unreadable
from kefu.retrieval.documents.parsers.curated_csv import parse_curated_csv
from kefu.retrieval.domain.curated_draft import CuratedDraft, checked_draft
from tests.support.table import table


def test_markdown_keeps_the_heading_path_and_drops_link_targets() -> None:
    text = (
        "# Returns\n\nIntro with a [link](http://x.example).\n\n"
        "## Costs\n\n### Abroad\n\nTen euros.\n\n## Time\n\n30 days."
    )
    parsed = parse_document("returns.md", text.encode())
    assert parsed.title == "Returns"
    assert [(block.headings, block.text) for block in parsed.blocks] == [
        ((), "Intro with a link."),
        (("Costs", "Abroad"), "Ten euros."),
        (("Time",), "30 days."),
    ]


def test_html_is_read_without_menus_and_scripts() -> None:
    page = (
        "<html><title>Shop</title><body><nav>Home</nav><script>x()</script><h1>退货</h1><p>三十天<b>内</b>。</p>"
        "<h2>费用</h2><ul><li>免费</li><li>海外十元</li></ul><table><tr><th>国家</th><th>费用</th></tr>"
        "<tr><td>德国</td><td>10</td></tr></table></body></html>"
    )
    parsed = parse_document("returns.html", page.encode())
    assert parsed.title == "退货"
    assert [(block.headings, block.text, block.table_header) for block in parsed.blocks] == [
        ((), "三十天内。", ""),
        (("费用",), "- 免费\n- 海外十元", ""),
        (("费用",), "| 德国 | 10 |", "| 国家 | 费用 |"),
    ]


def test_each_piece_of_a_long_table_repeats_its_header() -> None:
    rows = "\n".join(f"| Country number {number} | {number} euros and some cents |" for number in range(80))
    parsed = parse_document("prices.md", f"# Prices\n\n| Country | Price |\n|---|---|\n{rows}\n".encode())
    chunks = chunk_document(parsed)
    assert len(chunks) > 1
    assert all(chunk.text.startswith("| Country | Price |\n") for chunk in chunks)
    assert all(chunk.embedded_texts[0].startswith("Prices\n") for chunk in chunks)
    assert sum(chunk.text.count("Country number") for chunk in chunks) == 80


def test_a_row_of_questions_and_answers_is_a_passage_of_its_own() -> None:
    parsed = parse_document("faq.csv", b'Question,Answer\nWhen?,Now.\nWhere?,"Here, there."\n')
    assert [(chunk.headings, chunk.text) for chunk in chunk_document(parsed)] == [
        (("When?",), "Now."),
        (("Where?",), "Here, there."),
    ]


@table(
    ("path", "data", "reason"),
    [
        ("a.md", b"", "EMPTY_DOCUMENT"),
        ("a.md", b" \n\t", "EMPTY_DOCUMENT"),
        ("a.md", "退货".encode() + b"\xff" + "退货政策三十天".encode(), "BAD_ENCODING"),
        ("a.md", b"%PDF-1.7 text", "BROKEN_FILE"),
        ("a.md", b"\x00\x01\x02\xff" * 99, "NOT_TEXT"),
        ("a.csv", b'Depot;Hours\n"Harbour;9-17\nHill;9-12\n', "BAD_CSV"),
        ("a.csv", b"question,answer\nWhy?,\n", "BAD_CSV"),
        ("a.docx", b"text", "BROKEN_FILE"),
        ("a.docx", b"", "EMPTY_DOCUMENT"),
        ("a.xyz", b"text", "UNSUPPORTED_TYPE"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_to_do(path: str, data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_document(path, data)
    assert caught.value.reason == reason
    assert caught.value.message.endswith((".", ")"))


def test_gb18030_and_utf16_are_read_as_text() -> None:
    text = "退货政策：收到商品后三十天内可以退货，运费由本店承担。"
    assert decode(text.encode("gb18030")) == text
    assert decode(text.encode("utf-16")) == text
    assert decode(b"\xef\xbb\xbf" + text.encode()) == text


@given(st.text(min_size=1, max_size=3000))
def test_pieces_keep_every_character_and_the_budget(text: str) -> None:
    pieces = pack_sentences(text, WINDOW_TOKENS)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(estimated_tokens(piece) <= WINDOW_TOKENS * 1.1 for piece in pieces)


@given(st.lists(st.text(st.sampled_from("退货政策 abcd.。\n"), min_size=1, max_size=600), min_size=1, max_size=6))
def test_passages_stay_within_their_budget_and_have_different_ids(paragraphs: list[str]) -> None:
    text = "\n\n".join(paragraphs)
    if not text.strip():
        return
    chunks = chunk_document(parse_document("a.txt", text.encode(), title="T"))
    assert all(estimated_tokens(chunk.text) <= PASSAGE_TOKENS * 1.1 for chunk in chunks)
    assert len({chunk.id for chunk in chunks}) == len(chunks)


def test_a_changed_sentence_changes_one_passages_id_only() -> None:
    text = "# T\n\n## A\n\nFirst.\n\n## B\n\nSecond."
    before, after = (
        chunk_document(parse_document("a.md", each.encode())) for each in (text, text.replace("Second", "Third"))
    )
    assert before[0].id == after[0].id
    assert before[1].id != after[1].id


def test_curated_rows_may_have_a_priority() -> None:
    data = b"question,answer,priority\nWhy?,Because.,7\nWhen?,Now.,\n"
    assert [draft.priority for draft in parse_curated_csv(data)] == [7, 0]
    for wrong in (b"high", b"1001"):
        with pytest.raises(Unreadable, match="Why"):
            parse_curated_csv(b"question,answer,priority\nWhy?,Because.," + wrong + b"\n")


def test_a_curated_answer_without_a_question_is_told_what_is_missing() -> None:
    with pytest.raises(BadRequest, match=r'^questions: must be 1 to 20, such as "When .*; none of those given has any'):
        checked_draft(CuratedDraft(("", " "), "Because.", "en"))
    with pytest.raises(BadRequest, match=r"these are 21\.$"):
        checked_draft(CuratedDraft(tuple(f"Why {each}?" for each in range(21)), "Because.", "en"))


def test_curated_answers_whose_last_day_is_before_the_first_are_refused() -> None:
    days = b"question,answer,valid_from,valid_until\nWhy?,Because.,2026-12-02,2026-12-01\n"
    with pytest.raises(Unreadable, match=r'row of "Why\?": valid_until: must not be before valid_from, 2026-12-02'):
        parse_curated_csv(days)


def test_curated_rows_with_one_answer_become_one_answer_with_several_questions() -> None:
    data = b"question,answer,language,alternatives\nWhen?,Now.,en,What time?|When then?\nHow soon?,Now.,en,\n"
    (draft,) = parse_curated_csv(data)
    assert draft.questions == ("When?", "What time?", "When then?", "How soon?")
