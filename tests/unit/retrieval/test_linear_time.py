"""Questions and documents of any kind are read in linear time: four times the text takes about four times as long."""

from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest

from kefu.common.errors import BadRequest
from kefu.retrieval.documents.chunking import chunk_document, pack_sentences
from kefu.retrieval.documents.front_matter import split_front_matter
from kefu.retrieval.documents.parse import parse_document
from kefu.retrieval.documents.parsed_document import Block, ParsedDocument, Unreadable
from kefu.retrieval.documents.parsers.csv_table import parse_csv
from kefu.retrieval.documents.parsers.html import parse_html
from kefu.retrieval.documents.parsers.markdown import parse_markdown
from kefu.retrieval.documents.parsers.pdf.blocks import is_contents_line
from kefu.retrieval.documents.parsers.pdf.lines import joined, readable, words_of
from kefu.retrieval.documents.parsers.plain_text import parse_text
from kefu.retrieval.documents.parsers.qa_pairs import parse_json
from kefu.retrieval.domain.chunk_header import is_standalone_question
from kefu.retrieval.ranking.query import MAX_RANKED_CHARACTERS, ranked_part, with_previous_question
from kefu.retrieval.ranking.score_margin import subject_line
from kefu.retrieval.text.user_dictionary import parse_dictionary
from tests.support.cpu_time import loops
from tests.support.text_growth import growth, repeated
from tests.unit.retrieval.shared_analyzer import analyzer

pytestmark = pytest.mark.engines
KIB_64 = 65_536
LOOPS = 20
"""See cpu_time.py: about 20 ms."""
_SEEDS = (
    "A1",
    "a",
    "1",
    "a1-",
    "a-",
    "-",
    "a_",
    "好",
    "龘",
    "一",
    "a. ",
    "好。",
    " ,",
    "!",
    "\n",
    "a\n",
    " ",
    "? ",
    "<",
    "ﷺ",
)


def _document(text: str) -> ParsedDocument:
    return ParsedDocument("Title", [Block(f"a{text}")])


def _small_blocks(text: str) -> object:
    return chunk_document(ParsedDocument("Title", [Block(word) for word in text.split()]))


def _wide_table(text: str) -> object:
    rows = "\n".join("| x |" for _ in range(len(text) // 6))
    return chunk_document(ParsedDocument("Title", [Block(rows, table_header=text)]))


@pytest.mark.parametrize("seed", _SEEDS)
def test_the_words_of_a_question_cost_each_collection_little(seed: str) -> None:
    message = repeated(seed, 4_000)
    ranked = with_previous_question(message, message)
    languages = ("en", "zh")

    assert len(ranked) == 2 * MAX_RANKED_CHARACTERS + 1
    assert loops(lambda: analyzer().query_groups(ranked), tries=3) < LOOPS
    assert loops(lambda: analyzer().translated_groups(ranked, "en", languages), tries=3) < LOOPS
    assert growth(analyzer().query_groups, seed, KIB_64) < 8


def test_a_question_is_ranked_by_its_beginning() -> None:
    question = "Where is my parcel?"
    assert ranked_part(question) == question
    assert with_previous_question("Hello", question) == f"Hello\n{question}"
    assert len(ranked_part("a" * 4_000)) == MAX_RANKED_CHARACTERS


_READERS: Mapping[str, Callable[[str], object]] = {
    "windows": lambda text: pack_sentences(text, 64.0),
    "passages": lambda text: pack_sentences(text, 250.0, 30.0),
    "chunks": lambda text: chunk_document(_document(text)),
    "paragraphs": parse_text,
    "subject line": subject_line,
    "chunk header": is_standalone_question,
    "line of a PDF": readable,
}


@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.parametrize("reader", _READERS)
def test_a_document_of_64_kib_is_cut_in_linear_time(reader: str, seed: str) -> None:
    assert growth(_READERS[reader], seed, KIB_64) < 8


_HOSTILE: Mapping[str, tuple[Callable[[str], object], str]] = {
    "small blocks": (_small_blocks, "a "),
    "wide header": (_wide_table, "ab"),
    "blanks in front matter": (lambda text: split_front_matter(f"---\na: x{text}y\n---\n"), " "),
    "open front matter": (lambda text: split_front_matter(f"---\n{text}"), "a:\n---a"),
    "tags": (lambda text: parse_markdown(f"<div>\n{text}\n</div>"), "<"),
    "open tags": (lambda text: parse_markdown(f"<div>\n{text}\n</div>"), "<a "),
    "list": (lambda text: parse_html(f"<ol>{text}</ol>"), "<li>a"),
    "names of an element": (lambda text: parse_html(f'<p class="{text}">a'), "cookie"),
    "elements with names": (parse_html, "<p class=breadcrumb>a"),
    "details": (parse_html, "<details><summary>a</summary>b</details>"),
    "number of a list": (lambda text: parse_html(f"<ol start={text}><li>a</ol>"), "1"),
    "lines": (lambda text: joined(text.split()), "abcdefgh "),
    "hyphens": (lambda text: joined(text.split(), words_of(text.split())), "abc- "),
    "long hyphens": (lambda text: joined([text, "a"], words_of([text, "a"])), "a-"),
    "right to left": (lambda text: readable("א" * len(text) + text), "!"),
    "empty lines": (lambda text: subject_line(f"ab\n{text}"), "\n"),
    "CSV": (lambda text: parse_csv(f"question,answer\n{text}"), "a,b\n"),
    "CSV table": (parse_csv, "a;b,c\n"),
    "open quotation marks": (parse_csv, '"a;\n'),
    "JSON lines": (parse_json, '{"question":"a","answer":"b"}\n'),
    "characters": (lambda text: parse_document("a.txt", text.encode()), "é好 "),
    "dictionary": (lambda text: parse_dictionary(f"好{text}!"), "\u3000"),
}


@pytest.mark.parametrize("kind", _HOSTILE)
def test_nor_does_a_document_of_one_kind_take_the_square(kind: str) -> None:
    read, seed = _HOSTILE[kind]

    def reads(text: str) -> None:
        with suppress(Unreadable, BadRequest):  # a refusal is an answer; how long it takes is asked here
            read(text)

    assert growth(reads, seed, KIB_64) < 8


def test_a_line_of_dots_is_no_riddle_to_the_parser_of_pdfs() -> None:
    assert growth(lambda dots: is_contents_line(f"{dots}!"), ".", KIB_64) < 8
    assert is_contents_line("2.1 Returns ......... 12")
    assert is_contents_line("Preface . . . . . . ix")
    assert not is_contents_line("Well... 12 days")
