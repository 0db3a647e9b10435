import { render } from "preact";
import { describe, expect, it } from "vitest";
import { highlighted } from "../src/chat/highlight.ts";
import { withRuledTables } from "../src/shared/markdown.tsx";
import { PassageText, type Piece } from "../src/shared/passage.tsx";

const TABLE = "| Method | Time |\n|---|---|\n| Standard | 2-4 **working** days |\n| Express | next day |";
const PASSAGE = `Overview\n\n${TABLE}\n\nTimes begin\nwith the payment.`;

function shown(pieces: Piece[]): HTMLElement {
  const place = document.createElement("div");
  render(<PassageText pieces={pieces} />, place);
  return place;
}

const textsOf = (place: HTMLElement, selector: string) => [...place.querySelectorAll(selector)].map((one) => one.textContent);

describe("a passage", () => {
  it("shows its tables as tables, and all else as the text it is", () => {
    const place = shown([{ text: PASSAGE, marked: false }]);
    expect(textsOf(place, "th")).toEqual(["Method", "Time"]);
    expect(textsOf(place, "td")).toEqual(["Standard", "2-4 working days", "Express", "next day"]);
    expect(textsOf(place, "p")).toEqual(["Overview", "Times begin\nwith the payment."]);
    expect(place.textContent).not.toContain("|");
  });

  it("has the words marked that the answer rests on, a table's by the row", () => {
    const { pieces, missing } = highlighted(PASSAGE, ["Times begin with", "| Method | Time |\n| Express | next day |"]);
    expect(missing).toEqual([]);
    expect(textsOf(shown(pieces), "mark")).toEqual(["Express", "next day", "Times begin\nwith"]);
  });

  it("shows a table as one that came out of a document, where no rule stands below its head", () => {
    const rows = "|  | Silver | Gold |\n| Express delivery | ¥18 | free, 4*5 |\n| Family sharing | no | no |";
    const place = shown([{ text: `Three tiers.\n${rows}\nStandard delivery is ¥8.`, marked: false }]);
    expect(textsOf(place, "th")).toEqual(["", "Silver", "Gold"]);
    expect(textsOf(place, "td")).toEqual(["Express delivery", "¥18", "free, 4*5", "Family sharing", "no", "no"]);
    expect(textsOf(place, "p")).toEqual(["Three tiers.", "Standard delivery is ¥8."]);
    expect(place.textContent).not.toContain("|");
    const { pieces } = highlighted(rows, ["|  | Silver | Gold |\n| Express delivery | ¥18 | free, 4*5 |"]);
    expect(textsOf(shown(pieces), "mark")).toEqual(["Express delivery", "¥18", "free, 4*5"]);
  });

  it("shows tables of both kinds in their order", () => {
    const place = shown([{ text: `| A |\n| 1 |\n\n${TABLE}\n\n| B |\n| 2 |`, marked: false }]);
    expect(textsOf(place, "th")).toEqual(["A", "Method", "Time", "B"]);
    expect(textsOf(place, "p")).toEqual([]);
  });

  it("becomes Markdown in which its tables are tables to every reader", () => {
    expect(withRuledTables("Fees:\n| A | B |\n| 1 | 2 |\nThat is all.")).toBe("Fees:\n\n| A | B |\n| --- | --- |\n| 1 | 2 |\n\nThat is all.");
    expect(withRuledTables(PASSAGE)).toBe(PASSAGE);
    expect(withRuledTables("a | b")).toBe("a | b");
  });

  it.each([
    ["one row alone", "| a | b |"],
    ["no table", "a | b\nc | d"],
    ["a rule alone", "|---|---|"],
    ["carriage returns", "one\r\ntwo"],
    ["nothing", ""],
    ["markers without an end", "**".repeat(500) + "| a"],
  ])("is the text it is with %s", (_name, text) => {
    const place = shown([{ text, marked: false }]);
    expect(place.querySelector("table")).toBeNull();
    expect(place.textContent).toBe(text.trimEnd());
  });

  it("never reads what a cell holds as HTML, and loads nothing", () => {
    const place = shown([{ text: "| a |\n|---|\n| <img src=x onerror=alert(1)> [x](javascript:alert(1)) ![y](https://evil.example/p.png) |", marked: false }]);
    expect(place.querySelectorAll("img, a, script").length).toBe(0);
    expect(place.querySelectorAll("td").length).toBe(1);
  });
});
