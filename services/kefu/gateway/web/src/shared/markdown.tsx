/**
 * Markdown as elements. Its tokens become elements by the list below, and nothing else does: HTML in it is shown as the
 * text it is, images are named and not loaded, and an address is a link only when it is http, https or mailto. No HTML is
 * parsed anywhere, so there is nothing to sanitise.
 */
import { Marked, type Token, type Tokens } from "marked";
import type { ComponentChild, VNode } from "preact";
import "./markdown.css";

/** What stands for "⁅n⁆" in the text. */
export type Mark = (number: number) => VNode;

const MARK = /⁅(\d+)⁆/g;

/** "**注意：**请" is strong to every reader, but not to CommonMark, which wants a blank or punctuation after it. */
const reader = new Marked({
  gfm: true,
  extensions: [
    {
      name: "strong",
      level: "inline",
      start: (source) => source.indexOf("**"),
      tokenizer(source) {
        const found = /^\*\*(?![\s*])([^*\n]{0,400}[^\s*])\*\*(?!\*)/.exec(source);
        if (!found) return undefined;
        return { type: "strong", raw: found[0], text: found[1], tokens: this.lexer.inlineTokens(found[1] ?? "") };
      },
    },
  ],
});

/** The elements for `source`. Without `mark`, marks are dropped. What is nested too deeply is shown as the text it is. */
export function markdown(source: string, mark?: Mark): ComponentChild[] {
  const tokens = tokensOf(source);
  return tokens ? new Rendering(mark).blocks(tokens) : [<p>{source}</p>];
}

/** A table of a text: where it stands, and its cells as plain text. */
export interface TableIn {
  from: number;
  to: number;
  head: string[];
  rows: { from: number; to: number; cells: string[] }[];
}

/** Two lines or more that are rows: so a passage holds a table, for retrieval leaves out the rule below a table's head. */
const ROWS = /^\|.*\|[ \t]*(?:\n\|.*\|[ \t]*)+$/gm;

/** The tables of `source` that stand in no list or quotation, in their order. */
export function tablesIn(source: string): TableIn[] {
  const ruled = ruledTables(source);
  let at = 0;
  const tables = ruled.flatMap((table) => {
    const before = unruledTables(source, at, table.from);
    at = table.to;
    return [...before, table];
  });
  return [...tables, ...unruledTables(source, at, source.length)];
}

/** `source` as Markdown that every reader knows: a rule stands below the head of each table, and blank lines around it. */
export function withRuledTables(source: string): string {
  const drawn = source.replace(ROWS, (rows) => {
    const [head = "", second = "", ...more] = rows.split("\n");
    if (/^[|:\s-]+$/.test(second)) return rows;
    return ["", head, head.trimEnd().replace(/[^|]+/g, " --- "), second, ...more, ""].join("\n");
  });
  return drawn.trim();
}

/** Tables of Markdown: a rule stands below the head. */
function ruledTables(source: string): TableIn[] {
  let at = 0;
  return (tokensOf(source) ?? []).flatMap((token) => {
    const from = source.indexOf(token.raw, at);
    if (from < 0) return []; // it has characters that the reader replaces
    at = from + token.raw.length;
    if (token.type !== "table") return [];
    const table = token as Tokens.Table;
    const texts = (row: Tokens.TableCell[]) => row.map((cell) => plainText(cell.text));
    const lines = token.raw.trimEnd().split("\n");
    let begin = from + lines[0]!.length + lines[1]!.length + 2; // below the head and its rule
    const rows = table.rows.map((row, index) => {
      const placed = { from: begin, to: begin + (lines[index + 2]?.length ?? 0), cells: texts(row) };
      begin = placed.to + 1;
      return placed;
    });
    return [{ from, to: at, head: texts(table.header), rows }];
  });
}

function unruledTables(source: string, begin: number, end: number): TableIn[] {
  return [...source.slice(begin, end).matchAll(ROWS)].map((found) => {
    let from = begin + found.index;
    const placed = found[0].split("\n").map((line) => {
      const cells = line.trimEnd().slice(1, -1).split("|").map((cell) => cell.trim());
      const row = { from, to: from + line.length, cells };
      from = row.to + 1;
      return row;
    });
    const [head, ...rows] = placed;
    return { from: head!.from, to: from - 1, head: head!.cells, rows };
  });
}

/** Null for what is nested so deeply that reading it needs more stack than there is. */
function tokensOf(source: string): Token[] | null {
  try {
    return reader.lexer(source);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Deeper than anybody writes; far from what a browser can draw. */
const DEEPEST = 24;

/** What `source` says when it is read aloud. */
export function plainText(source: string): string {
  const words = (tokens: Token[]): string =>
    tokens
      .map((token) => {
        if (token.type === "space") return "\n";
        if (token.type === "br") return " ";
        if (token.type === "table") {
          const table = token as Tokens.Table;
          return [table.header, ...table.rows].map((row) => row.map((cell) => words(cell.tokens)).join(", ")).join(".\n");
        }
        if (token.type === "list") return (token as Tokens.List).items.map((item) => words(item.tokens)).join("\n");
        if ("tokens" in token && token.tokens) return words(token.tokens) + (token.type === "paragraph" ? "\n" : "");
        return "text" in token ? decoded(String(token.text)) : "";
      })
      .join("");
  const tokens = tokensOf(source);
  return (tokens ? words(tokens) : source).replace(MARK, "").trim();
}

/** A line without the stars of what is strong in it. All else stays: a customer's "2." may be a choice, and "20*30" a size. */
export function plainLine(line: string): string {
  const words = (token: Token): string => (token.type === "strong" ? (token as Tokens.Strong).tokens.map(words).join("") : token.raw);
  return reader.Lexer.lexInline(line, reader.defaults).map(words).join("");
}

/** The address, when it may be a link. */
export function safeAddress(address: string): string | null {
  try {
    const url = new URL(address.trim());
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null; // relative, or no address: it would lead somewhere on our own site
  }
}

class Rendering {
  /** Marks met where no button may stand, such as inside a link: they follow it. */
  private held: number[] | null = null;
  private depth = 0;

  constructor(private readonly mark: Mark | undefined) {}

  blocks(tokens: Token[]): ComponentChild[] {
    return this.inside(tokens, (token) => this.block(token));
  }

  private inside(tokens: Token[], draw: (token: Token) => ComponentChild): ComponentChild[] {
    if (this.depth >= DEEPEST) return [tokens.map((token) => token.raw).join("").replace(MARK, "")];
    this.depth += 1;
    try {
      return tokens.map(draw);
    } finally {
      this.depth -= 1;
    }
  }

  private block(token: Token): ComponentChild {
    switch (token.type) {
      case "space":
      case "def":
        return null;
      case "paragraph":
        return <p>{this.inlines(token.tokens)}</p>;
      case "text": // of a tight list's item
        return token.tokens ? this.inlines(token.tokens) : this.text(token.text);
      case "heading": {
        const Heading = `h${Math.min(6, (token as Tokens.Heading).depth + 2)}` as "h3"; // the page has h1 and h2
        return <Heading>{this.inlines(token.tokens)}</Heading>;
      }
      case "blockquote":
        return <blockquote>{this.blocks(token.tokens ?? [])}</blockquote>;
      case "code": {
        const [code, after] = this.withoutMarks(token.text);
        return (
          <>
            <pre tabIndex={0}>
              <code>{code}</code>
            </pre>
            {after}
          </>
        );
      }
      case "hr":
        return <hr />;
      case "list":
        return this.list(token as Tokens.List);
      case "table":
        return this.table(token as Tokens.Table);
      default:
        return <p>{this.text(token.raw)}</p>; // "html", and whatever a later version may find
    }
  }

  private list(list: Tokens.List): VNode {
    const items = list.items.map((item) => (
      <li>
        {item.task && (item.checked ? "☑ " : "☐ ")}
        {this.blocks(item.tokens.filter((token) => token.type !== "checkbox"))}
      </li>
    ));
    return list.ordered ? <ol start={Number(list.start) || 1}>{items}</ol> : <ul>{items}</ul>;
  }

  private table(table: Tokens.Table): VNode {
    const cells = (row: Tokens.TableCell[], Cell: "th" | "td") => (
      <tr>
        {row.map((cell) => (
          <Cell {...(Cell === "th" ? { scope: "col" } : {})} data-align={cell.align}>
            {this.inlines(cell.tokens)}
          </Cell>
        ))}
      </tr>
    );
    return (
      <div class="table" tabIndex={0} role="group">
        <table>
          <thead>{cells(table.header, "th")}</thead>
          <tbody>{table.rows.map((row) => cells(row, "td"))}</tbody>
        </table>
      </div>
    );
  }

  private inlines(tokens: Token[] = []): ComponentChild[] {
    return this.inside(tokens, (token) => this.inline(token));
  }

  private inline(token: Token): ComponentChild {
    switch (token.type) {
      case "strong":
        return <strong>{this.inlines(token.tokens)}</strong>;
      case "em":
        return <em>{this.inlines(token.tokens)}</em>;
      case "del":
        return <del>{this.inlines(token.tokens)}</del>;
      case "codespan": {
        const [code, after] = this.withoutMarks(token.text);
        return (
          <>
            <code>{code}</code>
            {after}
          </>
        );
      }
      case "br":
        return <br />;
      case "link":
      case "image":
        return this.link(token as Tokens.Link | Tokens.Image);
      case "text":
        return token.tokens ? this.inlines(token.tokens) : this.text(token.text);
      case "escape":
        return this.text(token.text);
      case "checkbox":
        return null;
      default:
        return this.text(token.raw);
    }
  }

  private link(token: Tokens.Link | Tokens.Image): ComponentChild {
    const outer = this.held;
    const held: number[] = [];
    this.held = held;
    const name = token.type === "image" ? this.text(token.text || token.href) : this.inlines(token.tokens);
    const href = decodeMarks(token.href).replace(MARK, "");
    this.held = outer;
    const address = safeAddress(href);
    const after = held.map((number) => this.button(number));
    if (address === null) return [name, after];
    return [
      <a href={address} target="_blank" rel="noopener noreferrer nofollow ugc">
        {name}
      </a>,
      after,
    ];
  }

  /** Text with buttons for its marks. */
  private text(text: string): ComponentChild {
    const parts = decoded(text).split(MARK);
    if (parts.length === 1) return parts[0];
    return parts.map((part, index) => (index % 2 ? this.button(Number(part)) : part));
  }

  private button(number: number): ComponentChild {
    if (this.held) {
      this.held.push(number);
      return null;
    }
    return this.mark?.(number) ?? null;
  }

  private withoutMarks(text: string): [string, ComponentChild[]] {
    const after = [...text.matchAll(MARK)].map((found) => this.button(Number(found[1])));
    return [text.replace(MARK, ""), after];
  }
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", "#39": "'", nbsp: "\u00a0" };

/** The entities that people write. What they stand for stays text. */
function decoded(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos|#39|nbsp);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}

function decodeMarks(address: string): string {
  return address.replace(/%E2%81%85/gi, "⁅").replace(/%E2%81%86/gi, "⁆");
}
