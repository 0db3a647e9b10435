/** What every page of the desk owes to people who hear it: all in landmarks, and headings without a gap. By axe's rules. */

import { create } from "@bufbuild/protobuf";
import axe from "axe-core";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { App } from "../../src/desk/app.tsx";
import { followAddress } from "../../src/desk/shared/route.ts";
import { keepKey, nameAgent } from "../../src/desk/shared/session.ts";
import { GoldenAnswer_Verdict, GoldenAnswerSchema, GoldenResult_Change } from "../../src/gen/kefu/router/v1/golden_pb.ts";
import { choose } from "../../src/shared/i18n.ts";
import { busyCompany, type Company } from "./company.ts";
import { answersOf } from "./gateway.ts";

const CONFIG = { title: "Songlu", visitors: true, oidc: null, collections: ["collections/help"], version: "0.1.0", accent: "" };
const RULES = ["region", "heading-order", "page-has-heading-one", "landmark-unique", "landmark-one-main", "landmark-no-duplicate-main", "landmark-banner-is-top-level"];
vi.setConfig({ testTimeout: 60_000 });
let root: HTMLElement;
let company: Company;

beforeEach(() => {
  choose("en");
  company = busyCompany("Li Wei");
  vi.stubGlobal("fetch", answersOf(company, () => Promise.reject(new Error("A test reaches no network."))));
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  Element.prototype.scrollTo = () => undefined;
  Element.prototype.scrollIntoView = () => undefined;
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.open = false;
  };
  root = document.createElement("div");
  document.body.append(root);
  document.documentElement.lang = "en";
  location.hash = "";
  followAddress();
});

afterEach(async () => {
  await act(() => {
    render(null, root);
  });
  root.remove();
  keepKey("");
  sessionStorage.clear();
  vi.unstubAllGlobals();
});

async function go(hash: string): Promise<void> {
  await act(async () => {
    location.hash = hash;
    dispatchEvent(new HashChangeEvent("hashchange"));
  });
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
  keepKey("kefu_admin");
  nameAgent("Li Wei");
  const transport = company.transport();
  await act(async () => {
    render(<App config={CONFIG} connect={() => transport} />, root);
  });
  const talk = [...company.held.keys()][0]!.split("/")[1];
  const pages = [
    ...["inbox", `inbox/${talk}`, "conversations", "review", "unanswered", "knowledge/help/documents", "knowledge/help/curated", "knowledge/help/search"],
    ...["knowledge/help/attention", "procedures", "procedures/actions", "golden", "golden/new", "golden/questions/refunds", "golden/runs"],
    ...[`golden/runs/${run.name.split("/")[1]}`, "numbers", "settings/desk", "settings/hours", "settings/webhooks", "settings/audit"],
  ];
  const found: Record<string, string[]> = {};
  for (const page of pages) {
    await go(`#/${page}`);
    found[page] = await violations();
  }
  await go("#/knowledge/help/search");
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
  await act(async () => {
    render(<App config={CONFIG} connect={() => company.transport()} />, root);
  });
  await vi.waitFor(() => expect(root.querySelector("h1")).not.toBeNull());
  expect(await violations()).toEqual([]);
});
