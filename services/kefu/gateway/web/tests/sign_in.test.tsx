import { Code } from "@connectrpc/connect";
import { KefuError } from "@kefu/client";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Identity } from "../src/chat/identity.ts";
import { SignInPanel } from "../src/chat/sign_in.tsx";
import { choose } from "../src/shared/i18n.ts";

const box = document.createElement("div");
let identity: { sendCode: ReturnType<typeof vi.fn>; verifyCode: ReturnType<typeof vi.fn> };

beforeEach(() => {
  identity = { sendCode: vi.fn(async () => {}), verifyCode: vi.fn(async () => {}) };
  document.body.append(box);
});
afterEach(() => {
  render(null, box);
  box.remove();
  choose("en");
});

function show(email_codes: boolean): void {
  const signIn = { mode: "required" as const, tokens: true, email_codes };
  act(() => render(<SignInPanel signIn={signIn} identity={async () => identity as unknown as Identity} />, box));
}

function refusal(reason: string, code = Code.Unauthenticated, retryAfter: number | null = null): KefuError {
  return new KefuError({ code, reason, metadata: {}, retryAfter, message: reason });
}

const field = () => box.querySelector("input")!;
const alert = () => box.querySelector('[role="alert"]')?.textContent ?? "";
const labelled = () => [...box.querySelectorAll("label")].map((label) => [label.htmlFor === field().id, label.textContent]);

async function submit(value: string): Promise<void> {
  await act(async () => {
    field().value = value;
    field().dispatchEvent(new Event("input", { bubbles: true }));
  });
  await act(async () => void box.querySelector("form")!.requestSubmit());
}

it("asks for an address, then for the code, with the focus where the next thing is written", async () => {
  show(true);
  expect(labelled()).toEqual([[true, "E-mail address"]]);
  expect([field().type, field().autocomplete]).toEqual(["email", "email"]);
  await submit(" anya@example.com ");
  expect(identity.sendCode).toHaveBeenCalledWith("anya@example.com");
  await vi.waitFor(() => expect(document.activeElement).toBe(field()));
  expect(box.querySelector('[role="status"]')?.textContent).toContain("sent a code to anya@example.com");
  expect(labelled()).toEqual([[true, "Code of six digits"]]);
  expect([field().autocomplete, field().inputMode || field().getAttribute("inputmode")]).toEqual(["one-time-code", "numeric"]);
  await submit("123 456");
  expect(identity.verifyCode).toHaveBeenCalledWith("anya@example.com", "123456");
});

it.each([
  ["nobody", "Please enter an e-mail address"],
  ["@example.com", "Please enter an e-mail address"],
  ["anya@", "Please enter an e-mail address"],
  ["", "Please enter an e-mail address"],
])("says what is wrong with the address %j, and sends nothing", async (address, said) => {
  show(true);
  await submit(address);
  expect(alert()).toContain(said);
  expect(field().getAttribute("aria-invalid")).toBe("true");
  expect(field().getAttribute("aria-describedby")).toContain(box.querySelector('[role="alert"]')!.id);
  expect(document.activeElement).toBe(field());
  expect(identity.sendCode).not.toHaveBeenCalled();
});

it("says why a code was not taken, and has a new one sent", async () => {
  show(true);
  await submit("anya@example.com");
  await submit("12345");
  expect(alert()).toContain("six digits");
  identity.verifyCode.mockRejectedValueOnce(refusal("IDENTITY_NOT_VERIFIED"));
  await submit("000000");
  await vi.waitFor(() => expect(alert()).toContain("This code is not right"));
  identity.sendCode.mockRejectedValueOnce(refusal("EMAIL_CODE_LIMIT", Code.ResourceExhausted, 61_000));
  const press = (name: string) =>
    act(async () => [...box.querySelectorAll("button")].find((button) => button.textContent === name)!.click());
  await press("Send a new code");
  await vi.waitFor(() => expect(alert()).toContain("in 2 minutes"));
  await press("Send a new code");
  await vi.waitFor(() => expect([alert(), field().value]).toEqual(["", ""]));
  await press("Use another address");
  expect([field().type, field().value]).toEqual(["email", "anya@example.com"]);
});

it.each([
  ["en", "Please sign in on the site to chat."],
  ["zh", "请先在网站上登录，再开始对话。"],
] as const)("sends the customer to the site where no codes are sent (%s)", (language, said) => {
  choose(language);
  show(false);
  expect(box.textContent).toBe(said);
  expect(box.querySelector("input")).toBeNull();
});
