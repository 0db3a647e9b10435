/** Experiments at the desk: started with a draft, looked at, stopped, promoted by a person's click. And the draft, as it is checked. */

import { act } from "preact/test-utils";
import { expect, test } from "vitest";

import { Draft_State } from "../../src/gen/kefu/retrieval/v1/draft_pb.ts";
import { Experiment_End } from "../../src/gen/kefu/router/v1/experiment_pb.ts";
import { choose } from "../../src/shared/i18n.ts";
import { company, leave, onStage, open, root, see } from "./stage.tsx";

onStage();


async function click(name: string): Promise<void> {
  const found = [...root.querySelectorAll("button")].filter((one) => one.textContent.trim() === name).at(-1);
  if (found === undefined) throw new Error(`There is no button "${name}": ${root.textContent}`);
  await act(async () => {
    found.click();
  });
}

const start = async () => {
  await open("#/numbers");
  await see("No experiments yet.");
  await see("Refunds, shorter");
  await act(async () => {
    root.querySelector('form[aria-label="Start an experiment"]')!.dispatchEvent(new Event("submit", { cancelable: true, bubbles: true }));
  });
  await see("Running");
};

test("one is started with an open draft, and its figures say what they are worth", async () => {
  await start();
  expect(company.experiments.stored[0]).toMatchObject({ draft: "collections/help/drafts/d1", sharePercent: 10, mostConversations: 2000 });
  expect(root.querySelector('form[aria-label="Start an experiment"]')).toBeNull(); // one runs at a time
  company.experiments.count([500, 400], [500, 350]);
  await leave();
  await open("#/numbers");
  await see("More is resolved with the draft.");
  await see(/\+10\s?% \(\+0(?:\.\d)?\s?% to \+20\s?%\)/);
  await see(/a difference that does not exist is shown at most 5\s?%/);
  await see(/answered from the live version because the draft could not be used: 2/);
});

test("it is stopped after a question, and then another can be started", async () => {
  await start();
  await click("Stop");
  await see("continue with the live version");
  await click("Stop");
  await see("Stopped");
  expect(company.experiments.stored[0]?.end).toBe(Experiment_End.STOPPED);
  await see("Start an experiment");
});

test("a held draft is not promoted, and that is said where it was asked for", async () => {
  await start();
  company.experiments.drafts[0]!.state = Draft_State.HELD;
  await click("Promote the draft");
  await click("Promote the draft");
  await see("Its last check failed.");
  expect(company.experiments.stored[0]?.end).toBe(Experiment_End.UNSPECIFIED);
  company.experiments.drafts[0]!.state = Draft_State.OPEN;
  await click("Promote the draft");
  await see("Draft promoted");
});

test("without a draft there is none to be started", async () => {
  company.experiments.drafts.length = 0;
  await open("#/numbers");
  await see("An experiment needs an open draft, and there is none.");
});

test("in Chinese too", async () => {
  choose("zh");
  await open("#/numbers");
  await see("还没有做过实验");
  await see("开始实验");
});

test("a draft's page follows its check to the end", async () => {
  company.experiments.drafts[0]!.state = Draft_State.CHECKING;
  await open("#/knowledge/help/drafts/d1");
  await see("Being checked");
  company.experiments.drafts[0]!.state = Draft_State.HELD;
  await see("Held");
  expect(root.textContent).not.toContain("Being checked");
});
