/** What every page of the desk owes to people who hear it: all in landmarks, and headings without a gap. By axe's rules. */

import { create } from "@bufbuild/protobuf";
import axe from "axe-core";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";

import { GoldenAnswer_Verdict, GoldenAnswerSchema, GoldenResult_Change } from "../../src/gen/kefu/router/v1/golden_pb.ts";
import { company, go, onStage, open, root, show } from "./stage.tsx";

const RULES = ["region", "heading-order", "page-has-heading-one", "landmark-unique", "landmark-one-main", "landmark-no-duplicate-main", "landmark-banner-is-top-level"];
onStage(60_000);

async function goAndWait(hash: string): Promise<void> {
  await go(hash);
  const shown = () => {
    expect(root.querySelector("h1")).not.toBeNull();
    expect(root.querySelector(".busy")).toBeNull();
  };
  await vi.waitFor(shown, { timeout: 10_000 });
}

async function violations(): Promise<string[]> {
  const found = await axe.run(document, { runOnly: RULES });
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" ")}`);
}

test("all of the desk stands in landmarks, and no page leaves out a level of headings", async () => {
  const run = company.golden.ran({ lost: 1, right: 1 });
  const answer = { verdict: GoldenAnswer_Verdict.WRONG, text: "9 days." };
  company.golden.questions[0]!.last = create(GoldenAnswerSchema, answer);
  company.golden.results = [{ question: "goldenQuestions/refunds", text: "How long?", change: GoldenResult_Change.LOST, answer }];
  await open("", "kefu_admin");
  const talk = [...company.held.keys()][0]!.split("/")[1];
  const pages = [
    ...["inbox", `inbox/${talk}`, "conversations", "review", "unanswered", "knowledge/help/documents", "knowledge/help/curated", "knowledge/help/search"],
    ...["knowledge/help/attention", "procedures", "procedures/actions", "golden", "golden/new", "golden/questions/refunds", "golden/runs"],
    ...[`golden/runs/${run.name.split("/")[1]}`, "numbers", "settings/desk", "settings/hours", "settings/webhooks", "settings/audit"],
  ];
  const found: Record<string, string[]> = {};
  for (const page of pages) {
    await goAndWait(`#/${page}`);
    found[page] = await violations();
  }
  await goAndWait("#/knowledge/help/search");
  const field = root.querySelector<HTMLInputElement>(".search-form input[type=search]")!;
  await act(async () => {
    field.value = "May I return it?";
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  });
  await act(async () => field.form!.requestSubmit());
  await vi.waitFor(() => expect(root.querySelector(".hit")).not.toBeNull(), { timeout: 10_000 });
  found["search results"] = await violations();
  expect(Object.fromEntries(Object.entries(found).filter(([, each]) => each.length > 0))).toEqual({});
});

test("so does the page where people sign in", async () => {
  await show();
  await vi.waitFor(() => expect(root.querySelector("h1")).not.toBeNull());
  expect(await violations()).toEqual([]);
});
