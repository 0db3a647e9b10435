/** All conversations and reviews at the desk: found, explained, corrected, judged with the keys. */

import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";

import { EVERYTHING, requestOf } from "../../src/desk/conversations/filters.ts";
import { AnswerSource, Handoff_Reason, Rating } from "../../src/gen/kefu/router/v1/chat_pb.ts";
import { Verdict } from "../../src/gen/kefu/router/v1/review_pb.ts";
import { INVOICE, REFUND } from "./review_shelf.ts";
import { company, leave, onStage, open, root, see } from "./stage.tsx";

onStage();


function button(name: string | RegExp): HTMLButtonElement {
  const found = [...root.querySelectorAll("button")].filter((one) => (one.getAttribute("aria-label") ?? one.textContent).trim().match(name));
  if (found.length === 0) throw new Error(`There is no button "${name}": ${root.textContent}`);
  return found[0]!;
}

const press = (name: string | RegExp) => act(async () => button(name).click());

async function key(name: string): Promise<void> {
  await act(async () => {
    (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
  });
}

test("what the form holds is what is asked for", () => {
  expect(requestOf(EVERYTHING, "", 0)).toMatchObject({ words: "", languages: [], sources: [], ratings: [], reasons: [], handedOver: false, action: "" });
  const filters = { ...EVERYTHING, words: " refund ", language: "zh", source: AnswerSource.GENERATED, rating: "none", reason: String(Handoff_Reason.SENSITIVE), byAction: true, days: 1 } as const;
  expect(requestOf(filters, "next", 86_400_000)).toMatchObject({
    words: "refund",
    languages: ["zh"],
    sources: [AnswerSource.GENERATED],
    ratings: [Rating.UNSPECIFIED],
    reasons: [Handoff_Reason.SENSITIVE],
    handedOver: false,
    action: "*",
    pageToken: "next",
    startTime: { seconds: 0n },
  });
  expect(requestOf({ ...EVERYTHING, reason: "*" }, "")).toMatchObject({ reasons: [], handedOver: true });
});

test("conversations are found by words and marks, and text stays text", async () => {
  await open("#/conversations");
  await see("Can I have an <b>invoice</b>?");
  await see("Conversations searched: 2");
  expect(root.querySelector("main b")).toBeNull();
  await act(async () => {
    [...root.querySelectorAll<HTMLInputElement>(".conversation-filters input[type=checkbox]")][0]!.click();
  });
  await vi.waitFor(() => expect(company.reviews.asked.at(-1)).toMatchObject({ checked: true }));
  await vi.waitFor(() => expect(root.querySelector("ol.cards")?.textContent).not.toMatch("invoice"));
  await see(/Replaced/);
});

test("answers are shown without the marks of Markdown", async () => {
  for (const turn of company.reviews.turns) turn.text = "Refunds take **7 days** [1].";
  for (const page of ["#/conversations", "#/conversations/s1", "#/review"]) {
    await open(page);
    await see(/Refunds take 7 days \[1\]\./);
    expect(root.textContent).not.toContain("**");
    await leave();
  }
});

test("an answer says why, and a curated answer in its place names the questions that it would hit", async () => {
  await open("#/conversations/s1");
  await see("Refunds take 7 days");
  expect(root.querySelector<HTMLAnchorElement>(`a[href="#/golden/new?turn=${REFUND}"]`)?.textContent).toBe("Make a golden question");
  expect(root.querySelector<HTMLAnchorElement>('a[href="#/knowledge/help/documents/d1"]')).not.toBeNull();
  await press(/^Why/);
  await see("Answer by the model");
  await see("Did not pass “figure”");
  await see("Refunds take 9 days.");
  await see(/0\.910\.42Refunds0\.120\.42Gift cards/); // by relevance
  await see(/It does not apply: (?!OTHER_WORDS)/);
  await press("Write a curated answer");
  await vi.waitFor(() => expect(root.querySelector("dialog textarea")).not.toBeNull());
  expect(root.querySelector<HTMLTextAreaElement>("dialog textarea")!.value).toBe("Refunds take 7 days.");
  await press("Which questions would it answer?");
  await see("Would have answered");
  expect(company.reviews.compared.at(-1)).toMatchObject({ wordings: ["How long does a refund take?"], language: "en" });
});

test("a sample is judged with the keys, and the numbers follow", async () => {
  await open("#/review", "kefu_agent");
  await see("Drawn at random");
  await see("Nothing has been judged in the last 7 days.");
  await vi.waitFor(async () => {
    await key("j");
    expect(document.activeElement?.matches("li")).toBe(true);
  });
  await key("3");
  await vi.waitFor(() => expect(company.reviews.judged.at(-1)).toMatchObject({ turn: REFUND, verdict: Verdict.WRONG, reviewer: "Li Wei" }));
  await see("Wrong, by Li Wei");
  await key("j");
  await key("1");
  await vi.waitFor(() => expect(company.reviews.judged.at(-1)).toMatchObject({ turn: INVOICE, verdict: Verdict.RIGHT }));
  await see(/82\s?% \(74\s?% to 88\s?%\)/);
  await key("k");
  expect(document.activeElement?.getAttribute("aria-label")).toBe("How long does a refund take?");
  await press("Undo verdict");
  await vi.waitFor(() => expect(company.reviews.judgements.has(REFUND)).toBe(false));
  // With a button of it pressed, or one that is gone, the keys go on from where they were.
  const right = document.activeElement!.querySelector<HTMLButtonElement>("[data-verdict='1']")!;
  right.focus();
  await act(async () => right.click());
  expect(document.activeElement).toBe(right);
  await see("Right, by Li Wei");
  right.blur();
  await key("j");
  expect(document.activeElement?.getAttribute("aria-label")).not.toBe("How long does a refund take?");
  expect(document.activeElement?.previousElementSibling?.getAttribute("aria-label")).toBe("How long does a refund take?");
});

test("the numbers have what reviews say beside what customers did", async () => {
  await open("#/numbers");
  await see("Resolved by review–Nothing judged yet");
  await see(/Cached or curated33\s?%19\s?% cached, 14\s?% curated/); // for what it counts: whether there is a model is not known here
});
