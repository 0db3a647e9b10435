import { render } from "preact";
import { describe, expect, it } from "vitest";
import { markdown, plainLine, plainText, safeAddress } from "../src/shared/markdown.tsx";

function shown(source: string): HTMLElement {
  const place = document.createElement("div");
  render(
    <>{markdown(source, (number) => <button data-mark={number}>{number}</button>)}</>,
    place,
  );
  return place;
}

/** Hostile inputs: none of them may leave more than text and harmless links. */
const HOSTILE = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "before <svg/onload=alert(1)> after",
  "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
  "<a href='javascript:alert(1)'>x</a>",
  "<!-- <script>alert(1)</script> -->",
  "<details open ontoggle=alert(1)>",
  "<style>body{display:none}</style>",
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](java\tscript:alert(1))",
  "[x](&#106;avascript:alert(1))",
  "[x](javascript&colon;alert(1))",
  "[x]( javascript:alert(1))",
  "[x](<javascript:alert(1)>)",
  "[x](data:text/html,<script>alert(1)</script>)",
  "[x](vbscript:msgbox(1))",
  "[x](file:///etc/passwd)",
  "[x](blob:https://example.com/1)",
  "[x](//evil.example/path)",
  "[x](/desk)",
  "[x](?lang=en)",
  "[x][1]\n\n[1]: javascript:alert(1)",
  "<javascript:alert(1)>",
  "![x](javascript:alert(1))",
  "![x](https://evil.example/pixel.png)",
  "![x](data:image/svg+xml,<svg onload=alert(1)>)",
  "[![x](https://evil.example/a.png)](javascript:alert(1))",
  "`<script>alert(1)</script>`",
  "```html\n<script>alert(1)</script>\n```",
  '```"><script>alert(1)</script>\nx\n```',
  "| <img src=x onerror=alert(1)> |\n|---|\n| [x](javascript:alert(1)) |",
  "# <img src=x onerror=alert(1)>",
  "- [ ] <input onfocus=alert(1) autofocus>",
  '[x](https://example.com "onmouseover=alert(1)")',
  '[x](https://example.com/"onmouseover="alert(1))',
  "[x](javascript:alert(1)⁅1⁆)",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
];
const ALLOWED = new Set(
  "DIV P H3 H4 H5 H6 BLOCKQUOTE PRE CODE HR OL UL LI TABLE THEAD TBODY TR TH TD STRONG EM DEL BR A BUTTON".split(" "),
);

describe("hostile Markdown", () => {
  it.each(HOSTILE)("leaves nothing that runs or loads: %s", (source) => {
    for (const element of shown(source).querySelectorAll("*")) {
      expect(ALLOWED).toContain(element.tagName);
      for (const { name, value } of element.attributes) {
        expect(name).not.toMatch(/^on|src|style/);
        if (name === "href") expect(value).toMatch(/^(https?:|mailto:)/);
      }
    }
  });

  it("is shown as the text it is", () => {
    expect(shown("a <b>c</b>").textContent).toBe("a <b>c</b>");
    expect(shown("<script>alert(1)</script>").textContent).toContain("<script>alert(1)</script>");
  });

  it("cannot make a page wait: long runs of markers are read in time that grows with them", () => {
    for (const run of ["*", "_", "[", "`", "**a ", "> ", "|", "![", "<", "⁅1⁆"]) {
      expect(shown(run.repeat(4000)).childElementCount).toBeGreaterThan(0);
    }
  });
});

describe("addresses", () => {
  it("are links only with http, https and mailto", () => {
    expect(safeAddress("https://example.com/a?b#c")).toBe("https://example.com/a?b#c");
    expect(safeAddress("mailto:help@example.com")).toBe("mailto:help@example.com");
    expect(safeAddress("relative")).toBeNull();
    expect(safeAddress("java\nscript:alert(1)")).toBeNull();
  });

  it("open elsewhere, and the page there learns nothing", () => {
    const link = shown("see https://example.com/a").querySelector("a");
    expect(link?.getAttribute("rel")).toContain("noopener noreferrer");
    expect(link?.target).toBe("_blank");
  });
});

describe("Markdown", () => {
  it("knows strong text that ends in Chinese punctuation", () => {
    expect(shown("**注意：**请保留**“发票”**原件").querySelectorAll("strong")).toHaveLength(2);
  });

  it("has lists, tables and code", () => {
    const place = shown("1. a\n2. b\n\n| x | y |\n|---|--:|\n| 1 | 2 |\n\n```\ncode\n```\n");
    expect([...place.querySelectorAll("ol > li")].map((one) => one.textContent)).toEqual(["a", "b"]);
    expect(place.querySelectorAll("td")).toHaveLength(2);
    expect(place.querySelector("pre")?.textContent).toBe("code");
  });

  it("puts marks where they stand, and after a link or code they stand in", () => {
    const place = shown("one⁅1⁆ [two⁅2⁆](https://example.com) `three⁅3⁆` https://example.com/x⁅4⁆");
    expect([...place.querySelectorAll("[data-mark]")].map((one) => one.textContent)).toEqual(["1", "2", "3", "4"]);
    expect(place.querySelectorAll("a [data-mark], code [data-mark]")).toHaveLength(0);
    expect([...place.querySelectorAll("a")].map((one) => one.getAttribute("href"))).toEqual([
      "https://example.com/",
      "https://example.com/x",
    ]);
  });

  it("is a line without its stars, and nothing else is lost of it", () => {
    expect(plainLine("**Three days**, 20*30*40 cm. **押金：**退还")).toBe("Three days, 20*30*40 cm. 押金：退还");
    for (const line of ["2.", "- 1", "# 4711", "3. the blue one", "<b>x</b> & **", "[a](b) `c`", ""]) expect(plainLine(line)).toBe(line);
  });

  it("is read aloud without its signs", () => {
    expect(plainText("**Return** it [here](https://example.com) &amp; wait⁅1⁆.\n\n- a\n- b")).toBe(
      "Return it here & wait.\n\na\nb",
    );
  });
});
