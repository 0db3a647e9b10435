"""The parser of Markdown (CommonMark with tables)."""

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from kefu.retrieval.documents.front_matter import split_front_matter
from kefu.retrieval.documents.parsed_document import Block, ParsedDocument
from kefu.text.linear_pattern import LinearPattern

_TAG = LinearPattern(r"<[^<>\n]+>")


def parse_markdown(text: str) -> ParsedDocument:
    """Parse Markdown. The title is the front matter's, else a heading before all else. Links keep their text only."""
    front, text = split_front_matter(text)
    title = front.title
    path: list[tuple[int, str]] = []
    blocks: list[Block] = []
    for node in SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(text)).children:
        if node.type == "heading":
            level, heading = int(node.tag[1]), _inline(node)
            if not title and not blocks and not path:
                title = heading
                continue
            if heading == title and not path:
                continue
            path = [(above, name) for above, name in path if above < level] + [(level, heading)]
            continue
        headings = tuple(name for _, name in path)
        if node.type == "table":
            lines = [_row(row) for part in node.children for row in part.children]
            blocks.append(Block("\n".join(lines[1:]) or lines[0], headings, table_header=lines[0]))
        elif rendered := _block(node):
            blocks.append(Block(rendered, headings))
    return ParsedDocument(
        title,
        blocks,
        language=front.language,
        uri=front.uri,
        valid_from=front.valid_from,
        valid_until=front.valid_until,
        audience=front.audience,
        metadata=front.metadata,
    )


def _block(node: SyntaxTreeNode, indent: str = "") -> str:
    match node.type:
        case "fence" | "code_block":
            return node.content.rstrip()
        case "html_block":
            return _TAG.sub(" ", node.content).strip()
        case "hr":
            return ""
        case "bullet_list" | "ordered_list":
            ordered = node.type == "ordered_list"
            first = int(node.attrs.get("start", 1)) if ordered else 1
            items: list[str] = []
            for number, item in enumerate(node.children, first):
                mark = f"{number}. " if ordered else "- "
                items.append(f"{indent}{mark}{_children(item, indent + '  ').lstrip()}")
            return "\n".join(items)
        case "paragraph":
            return indent + _inline(node)
        case "table":
            return "\n".join(_row(row) for part in node.children for row in part.children)
        case "heading":
            return _inline(node)
        case _:
            return _children(node, indent)


def _children(node: SyntaxTreeNode, indent: str) -> str:
    return "\n".join(filter(None, (_block(child, indent) for child in node.children)))


def _row(row: SyntaxTreeNode) -> str:
    return "| " + " | ".join(_inline(cell) for cell in row.children) + " |"


def _inline(node: SyntaxTreeNode) -> str:
    return "".join(_plain(child.token) for child in _leaves(node)).strip()


def _leaves(node: SyntaxTreeNode) -> list[SyntaxTreeNode]:
    if node.type == "image":
        return []
    if not node.children:
        return [node] if node.type in _TEXTS else []
    return [leaf for child in node.children for leaf in _leaves(child)]


_TEXTS = {"text", "code_inline", "softbreak", "hardbreak", "html_inline"}


def _plain(token: Token | None) -> str:
    if token is None or token.type == "html_inline":
        return ""
    return "\n" if token.type in ("softbreak", "hardbreak") else token.content
