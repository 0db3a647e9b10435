import { render } from "preact";
import { describe, expect, it } from "vitest";
import { highlighted } from "../src/chat/highlight.ts";
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

  it.each([
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
