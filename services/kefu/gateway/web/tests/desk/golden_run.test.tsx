/** A run over golden questions at the desk: nobody stops it without being asked, and it says who began it. */

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { App } from "../../src/desk/app.tsx";
import { followAddress } from "../../src/desk/shared/route.ts";
import { keepKey, nameAgent } from "../../src/desk/shared/session.ts";
import { GoldenRun_State, GoldenRun_Trigger } from "../../src/gen/kefu/router/v1/golden_pb.ts";
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
  Element.prototype.scrollTo = () => undefined;
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.open = false;
  };
  root = document.createElement("div");
  document.body.append(root);
  location.hash = "";
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

async function open(key: string, hash: string): Promise<void> {
  keepKey(key);
  nameAgent("Li Wei");
  await go(hash);
  const transport = company.transport();
  await act(async () => {
    render(<App config={CONFIG} connect={() => transport} />, root);
  });
}

async function go(hash: string): Promise<void> {
  await act(async () => {
    location.hash = hash;
    dispatchEvent(new HashChangeEvent("hashchange"));
  });
}

const see = (text: string | RegExp) => vi.waitFor(() => expect(root.textContent).toMatch(text), { timeout: 10_000 });
const asked = () => root.querySelector("dialog h2")?.textContent ?? null;

async function press(name: string): Promise<void> {
  const button = () => [...root.querySelectorAll("button")].filter((one) => one.textContent.trim() === name).at(-1);
  await vi.waitFor(() => expect(button()?.disabled).toBe(false), { timeout: 10_000 });
  await act(async () => button()!.click());
}

/** Whether the browser would ask before the tab goes. */
const browserAsks = () => !dispatchEvent(new Event("beforeunload", { cancelable: true }));

test("whoever leaves the page of a run is asked first, and the run goes on while they stay", async () => {
  await open("kefu_lead", "#/golden");
  await press("Ask all");
  await see(/Asking: 1 of 2/);
  expect(browserAsks()).toBe(true);
  await go("#/numbers");
  await vi.waitFor(() => expect(asked()).toBe("Stop the run?"));
  expect(location.hash).toBe("#/golden");
  await press("Cancel");
  expect(asked()).toBeNull();
  expect(company.golden.stopped).toBe(0);
  await see(/Asking: 1 of 2/);
  await go("#/golden/runs");
  await press("Stop and leave");
  await see(/Nothing was asked yet/);
  expect(location.hash).toBe("#/golden/runs");
  await vi.waitFor(() => expect(company.golden.stopped).toBe(1));
  expect(browserAsks()).toBe(false);
});

test("nobody is asked before a run, or after it", async () => {
  await open("kefu_lead", "#/golden");
  await see(/How long\? \(refunds\)/);
  expect(browserAsks()).toBe(false);
  await press("Ask all");
  await see(/Asking: 1 of 2/);
  company.golden.finish();
  await see(/2 of 2 right/);
  expect(browserAsks()).toBe(false);
  await go("#/golden/runs");
  await see(/Nothing was asked yet/);
  expect(asked()).toBeNull();
});

test("a run that ends while somebody is asked leaves them where they are, and asks no more", async () => {
  await open("kefu_lead", "#/golden");
  await press("Ask all");
  await see(/Asking: 1 of 2/);
  await go("#/numbers");
  await vi.waitFor(() => expect(asked()).toBe("Stop the run?"));
  company.golden.finish();
  await see(/2 of 2 right/);
  expect([asked(), location.hash]).toEqual([null, "#/golden"]);
});

const begunBy = () => [...root.querySelectorAll("tbody tr")].map((row) => row.querySelector("td")?.textContent);

test.each([
  ["kefu_admin", ["–", "the night", "Shop's key", "Support desk"]],
  ["kefu_lead", ["–", "the night", "keys/0a1b", "keys/kefu_admin"]],
])("the list of runs names who began each as the audit log does, to %s", async (key, names) => {
  company.golden.ran({ author: "tenants/songlu/keys/kefu_admin" });
  company.golden.ran({ author: "tenants/songlu/keys/0a1b" });
  company.golden.ran({ trigger: GoldenRun_Trigger.NIGHT });
  company.golden.ran({ state: GoldenRun_State.STOPPED });
  await open(key, "#/golden/runs");
  await vi.waitFor(() => expect(begunBy()).toEqual(names), { timeout: 10_000 });
});
