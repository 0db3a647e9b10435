/** Experiments at the desk: started with a draft, looked at, stopped, promoted by a person's click. And the draft, as it is checked. */

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { App } from "../../src/desk/app.tsx";
import { followAddress } from "../../src/desk/shared/route.ts";
import { keepKey, nameAgent } from "../../src/desk/shared/session.ts";
import { Draft_State } from "../../src/gen/kefu/retrieval/v1/draft_pb.ts";
import { Experiment_End } from "../../src/gen/kefu/router/v1/experiment_pb.ts";
import { choose } from "../../src/shared/i18n.ts";
import { busyCompany, type Company } from "./company.ts";
import { answersOf } from "./gateway.ts";

const CONFIG = { title: "Songlu", visitors: true, oidc: null, collections: ["collections/help"], version: "0.1.0", accent: "" };
vi.setConfig({ testTimeout: 30_000 });
let root: HTMLElement;
let company: Company;

beforeEach(() => {
  choose("en");
  company = busyCompany("Li Wei");
  vi.stubGlobal("fetch", answersOf(company, () => Promise.reject(new Error("A test reaches no network."))));
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.open = false;
  };
  root = document.createElement("div");
  document.body.append(root);
  followAddress();
});

afterEach(async () => {
  await act(() => {
    render(null, root);
  });
  root.remove();
  sessionStorage.clear();
  vi.unstubAllGlobals();
});

async function open(hash = "#/numbers"): Promise<void> {
  keepKey("kefu_lead");
  nameAgent("Li Wei");
  location.hash = hash;
  dispatchEvent(new HashChangeEvent("hashchange"));
  const transport = company.transport();
  await act(async () => {
    render(<App config={CONFIG} connect={() => transport} />, root);
  });
}

const see = (text: string | RegExp) => vi.waitFor(() => expect(root.textContent).toMatch(text), { timeout: 10_000 });

async function click(name: string): Promise<void> {
  const found = [...root.querySelectorAll("button")].filter((one) => one.textContent.trim() === name).at(-1);
  if (found === undefined) throw new Error(`There is no button "${name}": ${root.textContent}`);
  await act(async () => {
    found.click();
  });
}

const start = async () => {
  await open();
  await see("There was no experiment yet.");
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
  await act(() => render(null, root));
  await open();
  await see("More is resolved over the draft.");
  await see(/\+10\s?% \(\+0(?:\.\d)?\s?% to \+20\s?%\)/);
  await see(/a difference where there is none is shown in at most 5\s?%/);
  await see(/answered over live, as the draft could not be used: 2/);
});

test("it is stopped after a question, and then another can be started", async () => {
  await start();
  await click("Stop");
  await see("go on over live");
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
  await open();
  await see("There is no open draft.");
});

test("in Chinese too", async () => {
  choose("zh");
  await open();
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
