/** The desk in a document of its own, with a scripted company behind it. `onStage` makes both anew for each test. */

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, vi } from "vitest";

import { App } from "../../src/desk/app.tsx";
import { followAddress } from "../../src/desk/shared/route.ts";
import { keepKey, nameAgent } from "../../src/desk/shared/session.ts";
import { choose } from "../../src/shared/i18n.ts";
import { busyCompany, type Company } from "./company.ts";
import { answersOf } from "./gateway.ts";

const ME = "Li Wei";
const CONFIG = { title: "Songlu", visitors: true, oidc: null, collections: ["collections/help"], version: "0.1.0", accent: "" };

export let root: HTMLElement;
export let company: Company;

export function onStage(milliseconds = 30_000): void {
  vi.setConfig({ testTimeout: milliseconds });
  beforeEach(() => {
    choose("en");
    company = busyCompany(ME);
    vi.stubGlobal("fetch", answersOf(company, () => Promise.reject(new Error("A test reaches no network."))));
    vi.stubGlobal("matchMedia", () => ({ matches: false }));
    Element.prototype.scrollTo = () => undefined;
    Element.prototype.scrollIntoView = () => undefined;
    // jsdom has <dialog>, and not all of its methods.
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
    await leave();
    root.remove();
    keepKey("");
    sessionStorage.clear();
    vi.unstubAllGlobals();
  });
}

export async function open(hash: string, key = "kefu_lead"): Promise<void> {
  keepKey(key);
  nameAgent(ME);
  await go(hash);
  await show();
}

/** Show what who has no key sees, or has the one that is kept. */
export async function show(): Promise<void> {
  const transport = company.transport();
  await act(async () => {
    render(<App config={CONFIG} connect={() => transport} />, root);
  });
}

export async function go(hash: string): Promise<void> {
  await act(async () => {
    location.hash = hash;
    dispatchEvent(new HashChangeEvent("hashchange"));
  });
}

export async function leave(): Promise<void> {
  await act(() => {
    render(null, root);
  });
}

export const see = (text: string | RegExp) => vi.waitFor(() => expect(root.textContent).toMatch(text), { timeout: 10_000 });
