/** Procedures at the desk: written with the check beside them, saved, compared, restored and simulated; actions and secrets. */

import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";

import { SimulateProcedureResponseSchema } from "../../src/gen/kefu/router/v1/procedure_pb.ts";
import { refusal } from "./company.ts";
import { CANCEL } from "./procedure_shelf.ts";
import { company, go, leave, onStage, open, root, see } from "./stage.tsx";

const NAME = "procedures/cancel-order";
onStage();

const area = () => root.querySelector<HTMLTextAreaElement>(".procedure-text textarea")!;
const stored = () => company.procedures.stored.get(NAME) ?? [];

function button(name: string | RegExp): HTMLButtonElement {
  const fits = (text: string) => (typeof name === "string" ? text === name : name.test(text));
  const found = [...root.querySelectorAll("button")].filter((one) => fits((one.getAttribute("aria-label") ?? one.textContent).trim()));
  if (found.length === 0) throw new Error(`There is no button "${name}": ${root.textContent}`);
  return found.at(-1)!; // that of a dialog stands behind the page's
}

async function press(name: string | RegExp): Promise<void> {
  await vi.waitFor(() => expect(button(name).disabled).toBe(false), { timeout: 10_000 });
  await act(async () => button(name).click());
}

async function fill(field: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement, text: string): Promise<void> {
  await act(async () => {
    field.value = text;
    field.dispatchEvent(new Event(field instanceof HTMLSelectElement ? "change" : "input", { bubbles: true }));
  });
}

/** The form of the dialog that is open. */
async function submit(): Promise<void> {
  await act(async () => {
    root.querySelector("dialog form")!.dispatchEvent(new Event("submit", { cancelable: true, bubbles: true }));
  });
}

const openCancel = async (part = "page") => {
  await open(`#/procedures/pages/cancel-order/${part}`);
  if (part === "page") await see(/No problems found/);
};

test("the list has titles, names, revisions and what is wrong", async () => {
  company.procedures.put("procedures/broken", "# Broken <img src=x>\n\n## Steps\n\n1. Whatever.\n", "");
  await open("#/procedures");
  await see("Cancel an order");
  expect(root.querySelector("tbody")?.textContent).toMatch(/Cancel an ordercancel-orderOK1/);
  await see(/Broken <img src=x>broken1 error/);
  expect(root.querySelector("main img")).toBeNull();
});

test("an agent has no procedures", async () => {
  await open("#/procedures", "kefu_agent");
  await see(/lacks the scope “settings”/);
});

test("steps are nested below their If, each with a word for what it does", async () => {
  await openCancel();
  const top = [...root.querySelectorAll(".flow")][0]!;
  const kinds = (list: Element) => [...list.querySelectorAll(":scope > li > .flow-step .flow-kind")].map((one) => one.textContent?.trim());
  expect(kinds(top)).toEqual(["Look up", "If", "Do"]);
  expect(kinds(top.querySelector(".flow")!)).toEqual(["Say", "End"]);
});

test("a finding leads to its line, and a page with an error is not sent", async () => {
  await openCancel();
  await fill(area(), CANCEL.replace("- End.", "- Frobnicate."));
  await see(/1 error, 0 warnings/);
  await press(/Frobnicate/);
  expect(area().value.slice(area().selectionStart, area().selectionEnd)).toBe("   - Frobnicate.");
  expect(document.activeElement).toBe(area());
  await see(/Line 12 of 14/);
  area().setSelectionRange(0, 0);
  await press("Save");
  await see(/the page has an error/);
  expect(area().selectionStart).toBe(CANCEL.indexOf("   - End."));
  expect(stored()).toHaveLength(1);
});

test("of two checks the later one counts, whichever answers first", async () => {
  await openCancel();
  let release = () => {};
  const first = CANCEL.replace("- End.", "- First.");
  company.procedures.slow.set(first, new Promise((resolve) => (release = resolve)));
  await fill(area(), first);
  await vi.waitFor(() => expect(company.procedures.checked).toContain(first));
  await fill(area(), CANCEL.replace("- End.", "- Second."));
  await see(/“Second\.” is not understood/);
  await act(async () => release());
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(root.textContent).not.toMatch(/“First\.”/);
});

test("keys in quick succession are one check", async () => {
  await openCancel();
  const before = company.procedures.checked.length;
  for (const letter of ["a", "ab", "abc"]) await fill(area(), `${CANCEL}\n${letter}`);
  await vi.waitFor(() => expect(company.procedures.checked.at(-1)).toBe(`${CANCEL}\nabc`));
  expect(company.procedures.checked.length).toBe(before + 1);
});

test("a saved page is the next revision, and the cursor stays", async () => {
  await openCancel();
  const field = area();
  await fill(field, CANCEL.replace("arrived", "been delivered"));
  await see("Unsaved changes");
  await act(async () => {
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "s", ctrlKey: true, bubbles: true, cancelable: true }));
  });
  await see("Saved as revision 2.");
  expect(stored()[0]?.page).toContain("been delivered");
  expect(area()).toBe(field);
  expect(root.textContent).not.toMatch(/Unsaved changes/);
});

test("somebody else was faster: the text is kept, both are compared, and mine is saved over theirs knowingly", async () => {
  await openCancel();
  const mine = CANCEL.replace("arrived", "been delivered");
  await fill(area(), mine);
  company.procedures.put(NAME, CANCEL.replace("Cancel an order", "Cancel it"), "");
  await press("Save");
  await see(/somebody else has saved another revision/);
  expect(area().value).toBe(mine);
  expect(stored()).toHaveLength(2);
  await press("Compare the two");
  await see(/The saved page and your text/);
  expect([...root.querySelectorAll("dialog del")].map((one) => one.textContent)).toEqual(["− removed: # Cancel it / 取消订单", '− removed:    - Say "It has arrived."']);
  await press("Keep my text");
  await press("Save");
  await see("Saved as revision 3.");
  expect(stored()[0]?.page).toBe(mine);
});

test("somebody else has deleted it: the text is kept, and saving it creates the procedure anew", async () => {
  await openCancel();
  const mine = CANCEL.replace("arrived", "been delivered");
  await fill(area(), mine);
  company.procedures.stored.delete(NAME);
  await press("Save");
  await see(/somebody else has saved another revision/);
  await press("Compare the two");
  await see(/Somebody else has deleted this procedure/);
  expect(area().value).toBe(mine);
  await press("Save");
  await see("Saved as revision 1.");
  expect(stored()[0]?.page).toBe(mine);
});

test("what is not saved survives other pages and a reload, and is discarded only when asked", async () => {
  await openCancel();
  await fill(area(), `${CANCEL}\nMore.`);
  await go("#/procedures");
  await see(/Unsaved changes/);
  await leave();
  await open("#/procedures/pages/cancel-order");
  await vi.waitFor(() => expect(area().value).toBe(`${CANCEL}\nMore.`));
  await vi.waitFor(() => {
    const left = new Event("beforeunload", { cancelable: true });
    dispatchEvent(left);
    expect(left.defaultPrevented).toBe(true);
  });
  await press("Discard changes");
  await see(/changed since revision 1 will be lost/);
  expect(area().value).toBe(`${CANCEL}\nMore.`);
  await press("Discard changes");
  expect(area().value).toBe(CANCEL);
  expect(sessionStorage.getItem("kefu.desk.procedure.songlu.cancel-order")).toBeNull();
});

test("a new procedure begins with a page for the chosen action, and is stored when it is saved", async () => {
  await open("#/procedures");
  await see("Cancel an order");
  await press("New procedure");
  const name = root.querySelector<HTMLInputElement>("dialog input")!;
  await fill(name, "cancel-order");
  await submit();
  await see(/A procedure of this name already exists/);
  await fill(name, "cancel-late");
  const choice = root.querySelector<HTMLSelectElement>("dialog select")!;
  await vi.waitFor(() => expect(choice.options).toHaveLength(2)); // the one that only looks something up is not offered
  await fill(choice, "cancel-order");
  await submit();
  await go("#/procedures/pages/cancel-late");
  await vi.waitFor(() => expect(area().value).toContain("1. Do `cancel-order`."));
  await see("Not saved yet");
  await press("Save");
  await see("Saved as revision 1.");
  expect(company.procedures.stored.has("procedures/cancel-late")).toBe(true);
});

test("revisions are listed and compared, and one is restored as a new one", async () => {
  company.procedures.put(NAME, CANCEL.replace("arrived", "been delivered"), "tenants/songlu/keys/77aa");
  await openCancel("revisions");
  await see(/keys\/77aa/);
  await see(/1 added, 1 removed/);
  expect(root.querySelector(".difference ins")?.textContent).toContain("been delivered");
  await see(/\d lines unchanged/);
  const [from, to] = [...root.querySelectorAll<HTMLSelectElement>("section select")];
  await fill(to!, from!.value);
  await see("The two are the same.");
  await press("Restore revision 1");
  await see(/Restore revision 1\?/);
  await press("Restore");
  await see("Restored as revision 3.");
  expect(stored()[0]?.page).toBe(CANCEL);
});

test("a procedure is deleted after a question", async () => {
  await openCancel();
  await press("Delete");
  await see(/deleted with all its revisions/);
  expect(stored()).toHaveLength(1);
  await press("Delete");
  await vi.waitFor(() => expect(company.procedures.stored.size).toBe(0));
});

test("a simulation of the text as it is typed shows what went wrong first, and each conversation", async () => {
  company.procedures.simulation = create(SimulateProcedureResponseSchema, {
    wrong: 1,
    unreached: [12],
    conversations: [
      { customer: "answers-all", situation: { status: "pending" }, outcome: "changed", changes: ["cancel-order"], messages: [{ isCustomer: true, text: "<b>Cancel</b> it" }, { text: "**Really?**", choices: ["Yes"] }] },
      { customer: "says-yes-twice", outcome: "asked", problems: ["It was asked twice."] },
    ],
  });
  await openCancel();
  const typed = CANCEL.replace("arrived", "come");
  await fill(area(), typed);
  await go("#/procedures/pages/cancel-order/simulation");
  await press("Simulate");
  await see(/2 conversations; 1 went wrong/);
  expect(company.procedures.simulated).toEqual({ page: typed, language: "en" });
  await see(/Line 12 - End\./);
  expect([...root.querySelectorAll("summary .mono")].map((one) => one.textContent)).toEqual(["says-yes-twice", "answers-all"]);
  await see(/It was asked twice\./);
  await see(/<b>Cancel<\/b> it/);
  expect(root.querySelector(".from-kefu strong")?.textContent).toBe("Really?");
  await see(/something was changed/);
});

test("an installation that does not simulate says so", async () => {
  company.procedures.simulation = refusal(Code.Unimplemented, "");
  await openCancel("simulation");
  await press("Simulate");
  await see(/does not offer this/);
});

test("a lead reads actions, and neither tries them nor sees secrets", async () => {
  await open("#/procedures/actions");
  await see(/Moves money/);
  await see(/orders\.example\.com/);
  await see(/Intents: cancel_order/);
  await press("See an order <b>now</b>");
  await see(/"actions\/order-status"/);
  expect(root.textContent).not.toMatch(/Try it|Secrets/);
  expect(root.querySelector("dialog b")).toBeNull();
});

test("an administrator tries an action, and stores and deletes secrets without seeing their values", async () => {
  await open("#/procedures/actions", "kefu_admin");
  await press("Cancel an order");
  const [customer, order] = [...root.querySelectorAll<HTMLInputElement>("dialog form input")];
  await fill(customer!, "emma");
  await fill(order!, "SL1");
  await submit();
  await see(/HTTP status: 200/);
  await see(/"customer":"emma","order":"SL1"/);
  await see(/The result has no key "state"; it has status\./);
  await press("Close");
  await act(async () => {
    root.querySelector("dialog")!.dispatchEvent(new Event("close"));
  });
  await see("order-system");
  expect(root.innerHTML).not.toContain("top secret");
  await press("Store a secret");
  const [name, value] = [...root.querySelectorAll<HTMLInputElement>("dialog input")];
  expect(value?.type).toBe("password");
  await fill(name!, "shop");
  await fill(value!, "s3cret");
  await submit();
  await see(/“shop” is stored/);
  expect(company.procedures.secrets.get("tenants/songlu/secrets/shop")).toBe("s3cret");
  expect(root.innerHTML).not.toContain("s3cret");
  await press("Delete “order-system”");
  await press("Delete");
  await vi.waitFor(() => expect([...company.procedures.secrets.keys()]).toEqual(["tenants/songlu/secrets/shop"]));
});
