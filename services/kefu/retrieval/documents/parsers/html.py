"""The parser of HTML: the visible text of the main part under its headings, without what leads elsewhere."""

import re
import warnings
from collections.abc import Mapping
from itertools import zip_longest

from bs4 import BeautifulSoup, Tag, XMLParsedAsHTMLWarning
from bs4.element import NavigableString, PageElement, PreformattedString

from kefu.retrieval.documents.parsed_document import Block, ParsedDocument, Unreadable, table_block

_SKIPPED_TAGS = ["script", "style", "nav", "header", "footer", "aside", "noscript", "template", "form", "svg", "iframe"]
_SKIPPED_ROLES = frozenset({"navigation", "contentinfo", "complementary", "dialog", "alertdialog"})
_BREADCRUMB = re.compile(r"bread-?crumb|面包屑", re.IGNORECASE)
_CONSENT = re.compile(r"cookie|consent|gdpr", re.IGNORECASE)
_BANNER = re.compile(r"banner|bar|notice|popup|modal|dialog|overlay|message|prompt|layer|consent", re.IGNORECASE)
_STANDARD_NAME = re.compile(
    r"(?:onetrust|cybotcookiebot|cookiebot|usercentrics|didomi|cc)[-_].*"
    r"|(?:(?:site|page|global)[-_]?)?footer|related(?:[-_]?(?:articles|posts|pages|links|topics|content))?",
    re.IGNORECASE,
)
_CONTENT_TAGS = ["h1", "main", "article"]
_MAX_SPAN = 50
_MAX_HEADER_ROWS = 3
_MAX_DIGITS = 9  # of a number in an attribute
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_BLOCKS = {
    *("address", "article", "blockquote", "body", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "html"),
    *("li", "main", "ol", "p", "pre", "section", "summary", "table", "ul", *_HEADINGS),
}


def parse_html(text: str, pictures: Mapping[str, str] | None = None) -> ParsedDocument:
    """Parse HTML. The title is the first h1, else <title>. Broken HTML is parsed like a browser does. Raises
    Unreadable.

    `pictures` are texts of pictures, by their address.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)  # XHTML is parsed well enough
        soup = BeautifulSoup(text, "lxml")
    named = soup.title.get_text(" ", strip=True) if soup.title else ""
    root = soup.find("main") or soup.select_one("[role=main]") or soup.find("article") or soup.body or soup
    for skipped in root.find_all(_is_skipped):
        if not skipped.decomposed:
            skipped.decompose()
    parser = _HtmlParser(pictures or {})
    try:
        parser.read(root)
    except RecursionError:
        raise Unreadable("BROKEN_FILE", "Its HTML is nested too deep to be read; save the page anew.") from None
    parser.end_block()
    return ParsedDocument(parser.title or named, parser.blocks)


class _HtmlParser:
    def __init__(self, pictures: Mapping[str, str]) -> None:
        self._pictures = pictures
        self.title = ""
        self.blocks: list[Block] = []
        self._path: list[tuple[float, str]] = []
        self._line: list[str] = []

    def read(self, parent: Tag) -> None:
        number = _first_number(parent)
        for child in parent.children:
            self._element(child, number)
            number += isinstance(child, Tag) and child.name == "li"

    def end_block(self) -> None:
        text = "\n".join(line for line in (" ".join(part.split()) for part in "".join(self._line).split("\n")) if line)
        self._line = []
        if text:
            self.blocks.append(Block(text, self._headings()))

    def _headings(self) -> tuple[str, ...]:
        return tuple(name for _, name in self._path)

    def _element(self, element: PageElement, number: int) -> None:
        """`number` is that of a list item among its siblings."""
        if isinstance(element, NavigableString):
            if not isinstance(element, PreformattedString):  # comments and the like
                self._line.append(" ".join(f"|{element}|".split())[1:-1])
            return
        if not isinstance(element, Tag):
            return
        if element.name in _HEADINGS:
            self.end_block()
            self._heading(int(element.name[1]), element.get_text(" ", strip=True))
        elif element.name == "details":
            self.end_block()
            path = self._path
            self.read(element)
            self.end_block()
            self._path = path
        elif element.name == "summary":
            self.end_block()
            deepest = max((level for level, _ in self._path), default=0)
            self._enter(deepest + 0.5, element.get_text(" ", strip=True))  # above the headings of what it opens
        elif element.name == "table":
            self.end_block()
            self._table(element)
        elif element.name == "img":
            if said := self._pictures.get(str(element.get("src", ""))):
                self.end_block()
                self.blocks.append(Block(said, self._headings()))
        elif element.name == "br":
            self._line.append("\n")
        elif element.name == "pre":
            self.end_block()
            if text := element.get_text().strip("\n"):
                self.blocks.append(Block(text, self._headings()))
        elif element.name == "li":
            numbered = element.parent is not None and element.parent.name == "ol"
            self._line.append(f"\n{number}. " if numbered else "\n- ")
            self.read(element)
        elif element.name in _BLOCKS:
            if element.name not in {"p", "div"} or not element.find_parent("li"):
                self.end_block()
            self.read(element)
            if not element.find_parent("li"):
                self.end_block()
        else:
            self.read(element)

    def _heading(self, level: int, heading: str) -> None:
        if heading and level == 1 and not self.title:
            self.title = heading
        else:
            self._enter(level, heading)

    def _enter(self, level: float, heading: str) -> None:
        if heading:
            self._path = [(above, name) for above, name in self._path if above < level] + [(level, heading)]

    def _table(self, table: Tag) -> None:
        rows, header_rows = _rows(table)
        titles = [table.caption.get_text(" ", strip=True)] if table.caption else []
        while header_rows > 1 and len(set(rows[0])) == 1:  # one cell over all columns, above their names
            titles.append(rows.pop(0)[0])
            header_rows -= 1
        if 1 < header_rows <= _MAX_HEADER_ROWS and header_rows < len(rows):
            rows = [_joined_names(rows[:header_rows]), *rows[header_rows:]]
        if rows:
            self.blocks.append(table_block(rows, (*self._headings(), *filter(None, titles))))


def _is_skipped(tag: Tag) -> bool:
    """Whether an element is no content: by its kind, its role, or the name that such elements have everywhere."""
    if tag.name in _SKIPPED_TAGS:
        return True
    names = [*tag.get_attribute_list("class"), *tag.get_attribute_list("id")]
    return (
        any(_leads_elsewhere(str(name)) for name in names if name)
        or str(tag.get("role", "")).lower() in _SKIPPED_ROLES
        or _BREADCRUMB.search(str(tag.get("aria-label", ""))) is not None
    ) and tag.find(_CONTENT_TAGS) is None


def _leads_elsewhere(name: str) -> bool:
    """Whether a class or id is one of breadcrumbs, banners about cookies, footers and boxes of related pages."""
    return bool(
        _BREADCRUMB.search(name) or _STANDARD_NAME.fullmatch(name) or (_CONSENT.search(name) and _BANNER.search(name))
    )


def _joined_names(header: list[list[str]]) -> list[str]:
    """The names of columns whose header has several rows, such as "Adults: Monday-Friday"; each is said once."""
    return [": ".join(dict.fromkeys(filter(None, names))) for names in zip_longest(*header, fillvalue="")]


def _first_number(parent: Tag) -> int:
    """The number of a list's first item."""
    start = str(parent.get("start", "1"))
    return int(start) if start.isdecimal() and len(start) <= _MAX_DIGITS else 1


def _rows(table: Tag) -> tuple[list[list[str]], int]:
    """The rows of a table, without tables in cells, and how many of them are its header by <thead>.

    A cell that spans rows or columns is repeated in each.
    """
    rows: list[list[str]] = []
    header_rows = 0
    spanning: dict[int, tuple[int, str]] = {}  # column -> rows still to fill, text
    for row in table.find_all("tr"):
        if row.find_parent("table") is not table:
            continue
        cells: list[str] = []
        own = iter(cell for cell in row.find_all(["th", "td"]) if cell.find_parent("tr") is row)
        cell = next(own, None)
        while cell is not None or len(cells) in spanning:
            at = len(cells)
            if at in spanning:
                left, text = spanning.pop(at)
                cells.append(text)
                if left > 1:
                    spanning[at] = (left - 1, text)
                continue
            if cell is None:
                break
            text = cell.get_text(" ", strip=True)
            for _ in range(_span(cell, "colspan")):
                if _span(cell, "rowspan") > 1:
                    spanning[len(cells)] = (_span(cell, "rowspan") - 1, text)
                cells.append(text)
            cell = next(own, None)
        if any(cells):
            rows.append(cells)
            header_rows += row.parent is not None and row.parent.name == "thead"
    return rows, header_rows


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name, "1"))
    return min(max(int(value), 1), _MAX_SPAN) if value.isdecimal() and len(value) <= _MAX_DIGITS else 1
