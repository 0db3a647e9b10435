/** The console over a company in memory: what people do at the desk, and what they are told when it fails. */

import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { act } from "preact/test-utils";
import { afterEach, expect, test, vi } from "vitest";

import { claims } from "../../src/desk/inbox/claims.ts";
import { Rating, Session_State } from "../../src/gen/kefu/router/v1/chat_pb.ts";
import { IdentitySettingsSchema, SettingsRevisionSchema } from "../../src/gen/kefu/router/v1/admin_pb.ts";
import { VerifiedCustomer_Method, VerifiedCustomerSchema } from "../../src/gen/kefu/router/v1/identity_pb.ts";
import { choose } from "../../src/shared/i18n.ts";
import { badRequest } from "./company.ts";
import { company, go, onStage, open, root, see } from "./stage.tsx";

onStage();

afterEach(() => {
  claims.value = new Map();
});

const names = () => [...company.held.keys()];
const conversation = (index: number) => `#/inbox/${names()[index]?.split("/")[1]}`;

function button(name: string): HTMLButtonElement {
  const found = [...root.querySelectorAll("button")].find((one) => (one.getAttribute("aria-label") ?? one.textContent).trim() === name);
  if (found === undefined) throw new Error(`There is no button "${name}": ${root.textContent}`);
  return found;
}

async function press(name: string): Promise<void> {
  await vi.waitFor(() => expect(button(name).disabled).toBe(false), { timeout: 10_000 });
  await act(async () => {
    button(name).click();
  });
}

async function write(text: string): Promise<void> {
  const field = root.querySelector<HTMLTextAreaElement>(".composer textarea")!;
  await act(async () => {
    field.value = text;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  });
}

const draft = () => root.querySelector<HTMLTextAreaElement>(".composer textarea")?.value;

test("a key without a scope for the desk is told so, in plain words", async () => {
  await open("", "kefu_chat");
  await see(/may not work at the desk/);
  expect(root.querySelector("nav")).toBeNull();
});

test("a key that nobody knows is told so", async () => {
  await open("", "kefu_nobody");
  await see(/not valid/);
});

const sections = () => [...root.querySelectorAll(".main-nav a .nav-name")].map((one) => one.textContent);

test("an agent is offered the inbox, is named as one, and a page by its address says what it needs", async () => {
  await open("#/knowledge", "kefu_agent");
  await see(/lacks the scope “knowledge”/);
  expect(sections()).toEqual(["Inbox", "Conversations", "Review", "Settings"]);
  expect(root.querySelector(".side-who")?.textContent).toMatch(/agent$/);
  await go("#/settings/webhooks");
  await see(/Role/);
  expect(root.textContent).not.toMatch(/Webhooks/);
});

test("a lead is offered all pages but what administrators do", async () => {
  await open("#/settings", "kefu_lead");
  await see(/Hours and texts/);
  expect(sections()).toEqual(["Inbox", "Conversations", "Review", "Unanswered", "Knowledge", "Procedures", "Golden questions", "Numbers", "Settings"]);
  expect(root.textContent).not.toMatch(/Webhooks/);
});

test("an agent is shown what the knowledge base says to the customer's question", async () => {
  await open(conversation(0), "kefu_agent");
  await see(/Suggestions/);
});

test("a key of the scope knowledge opens the knowledge base, and the inbox says what it needs", async () => {
  await open("", "kefu_knowledge");
  await see(/Returns and exchanges/);
  expect(sections()).toEqual(["Knowledge", "Golden questions", "Settings"]);
  await go("#/inbox/");
  await see(/lacks the scope “desk”/);
});

test("the inbox shows who waits, with the reason, and the title counts them", async () => {
  await open("", "kefu_lead");
  await see(/Waiting too long/);
  await see(/Not in the knowledge base/);
  await vi.waitFor(() => expect(document.title).toBe("(3) Kefu desk"));
});

test("a conversation is taken over, answered and given back", async () => {
  await open(conversation(0), "kefu_lead");
  await press("Take over");
  await see(/Held by you/);
  await write("Our partner in Hamburg repairs it.");
  await press("Send");
  await see(/Our partner in Hamburg repairs it\./);
  await vi.waitFor(() => expect(draft()).toBe(""));
  company.customerWrites(names()[0]!, "Thank you! Where exactly?");
  await see(/Where exactly\?/);
  await press("Return to Kefu");
  await see(/Returned to Kefu/);
  expect(company.held.get(names()[0]!)?.conversation.session?.state).toBe(Session_State.RETURNED);
});

test("returning a conversation whose customer had no reply is asked about first", async () => {
  await open(conversation(0), "kefu_lead");
  await press("Take over");
  await see(/Held by you/);
  await press("Return to Kefu");
  await see(/Return without a reply\?/);
  expect(company.held.get(names()[0]!)?.conversation.session?.state).toBe(Session_State.HUMAN);
  await act(async () => {
    root.querySelector<HTMLButtonElement>("dialog .primary")!.click();
  });
  await see(/Returned to Kefu/);
});

test("who has just replied returns the conversation without a question, though the desk is told of the reply later", async () => {
  await open(conversation(0), "kefu_lead");
  await press("Take over");
  await see(/Held by you/);
  company.isSilent = true;
  await write("Our partner in Hamburg repairs it.");
  await press("Send");
  await vi.waitFor(() => expect(draft()).toBe(""));
  await press("Return to Kefu");
  await see(/Returned to Kefu/);
  expect(root.textContent).not.toMatch(/Return without a reply/);
});

async function chooseIn(name: string, value: string): Promise<void> {
  const list = [...root.querySelectorAll("select")].find((one) => one.getAttribute("aria-label") === name)!;
  await act(async () => {
    list.value = value;
    list.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

test("all who wait for one reason are closed together, after a question, and none is taken from a colleague", async () => {
  const more = Array.from({ length: 9 }, () => company.open({ turns: [["Write me a poem", "A colleague will help."]], handoff: company.held.get(names()[0]!)!.conversation.handoff!, waitingMinutes: 1 }));
  await open("#/inbox", "kefu_lead");
  await see(/Write me a poem/);
  await press("Select");
  expect(button("Close 0 conversations").disabled).toBe(true);
  await chooseIn("Select", "Not in the knowledge base");
  await see(/Close 10 conversations/);
  await act(async () => {
    [...root.querySelectorAll<HTMLInputElement>(".selectable input")].find((one) => one.getAttribute("aria-label")?.includes("kettle"))!.click();
  });
  await press("Close 9 conversations");
  await see(/get no further answer/);
  expect(more.map((name) => company.held.get(name)?.conversation.session?.state)).toEqual(Array(9).fill(Session_State.WAITING));
  const faster = company.held.get(more[4]!)!.conversation.session!;
  [faster.state, faster.agent] = [Session_State.HUMAN, "Chen Jie"]; // its event is still on the way
  await act(async () => {
    root.querySelector<HTMLButtonElement>("dialog .danger")!.click();
  });
  await see(/8 conversations closed\. 1 was taken over or closed by somebody else/);
  const states = more.map((name) => company.held.get(name)?.conversation.session?.state);
  expect(states.filter((state) => state === Session_State.CLOSED).length).toBe(8);
  expect(states[4]).toBe(Session_State.HUMAN);
  expect(company.held.get(names()[0]!)?.conversation.session?.state).toBe(Session_State.WAITING);
});

test("suggestions answer the last real question, and hold nothing below the threshold", async () => {
  company.relevances = (query) => (query.startsWith("Where is my parcel") ? [0.93, 0.61, 0.18] : [0.08, 0.03, 0.01]);
  await open(conversation(2), "kefu_lead");
  await see(/For “Where is my parcel\?/);
  const labels = [...root.querySelectorAll(".suggestion .badge")].map((one) => one.textContent);
  expect(labels).toEqual(["Curated answer", "93%", "61%"]);
});

test("what was found and not enough is listed by relevance", async () => {
  await open(conversation(0), "kefu_lead");
  await see(/Found, but not enough/);
  expect([...root.querySelectorAll(".context .tried li:has(a)")].map((one) => one.textContent)).toEqual(["How refunds are paid41%", "Returns and exchanges31%"]);
});

test("a rating's comment stands below it, whole", async () => {
  const turn = company.held.get(names()[2]!)!.turns[0]!;
  [turn.rating, turn.ratingComment] = [Rating.DOWN, "It never came."];
  await open(conversation(2), "kefu_lead");
  await see(/It never came\./);
  const rating = root.querySelector(".message-rating")!;
  expect([...rating.children].map((one) => one.textContent?.trim())).toEqual(["Rated not helpful", "“It never came.”"]);
});

test("the search test lists what is shown to the model before what is not", async () => {
  company.relevances = () => [0.07, 0.93, 0.61];
  await open("#/knowledge/help/search", "kefu_lead");
  await vi.waitFor(() => expect(root.querySelector(".search-form input[type=search]")).not.toBeNull(), { timeout: 10_000 });
  const field = root.querySelector<HTMLInputElement>(".search-form input[type=search]")!;
  await act(async () => {
    field.value = "Is furniture delivery free?";
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  });
  await press("Search");
  await see(/3 passages in/);
  const badges = [...root.querySelectorAll(".hit .hit-head .badge")].map((one) => one.textContent);
  expect(badges).toEqual(["Shown to the model", "Shown to the model", "Below the threshold"]);
});

test.each([
  ["en", /Not understood: “Monday to Friday, 9 to 5”/],
  ["zh", /无法识别“Monday to Friday, 9 to 5”/],
] as const)("a setting that is not taken is said at its field, in %s", async (language, said) => {
  company.settingsRefusal = badRequest("settings.business_hours", 'must be like "Mon-Fri 09:00-18:00"; "Monday to Friday, 9 to 5" is not.');
  choose(language);
  await open("#/settings/hours", "kefu_lead");
  await vi.waitFor(() => expect(root.querySelector("textarea.mono")).not.toBeNull(), { timeout: 10_000 });
  const field = root.querySelector<HTMLTextAreaElement>("textarea.mono")!;
  await act(async () => {
    field.value = "Monday to Friday, 9 to 5";
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  });
  await press(language === "en" ? "Save" : "保存");
  await see(said);
  expect(document.activeElement).toBe(field);
  expect(field.getAttribute("aria-invalid")).toBe("true");
  const described = field.getAttribute("aria-describedby")!.split(" ").map((id) => document.getElementById(id)?.textContent ?? "");
  expect(described[0]).toMatch(said);
  expect(root.textContent).not.toMatch(/settings\.business_hours/);
});

test("a verified customer has a tick that says by whom, and what the page claims has none", async () => {
  await open(conversation(0), "kefu_agent");
  await see(/Says the page \(not verified\)/);
  const ticks = [...root.querySelectorAll(".tick")].map((tick) => [tick.getAttribute("aria-label"), tick.parentElement!.textContent]);
  expect(ticks).toEqual(Array.from({ length: 3 }, () => ["Verified by the shop's sign-in", "Anya Garcia"])); // inbox, heading, facts
  const sections = [...root.querySelectorAll(".context section")].filter((section) => /^(Customer|Says)/.test(section.textContent));
  expect(sections.map((section) => [...section.querySelectorAll("dd")].map((fact) => fact.textContent))).toEqual([
    ["4711", "Anya Garcia", "anya@example.com"],
    ["A. Garcia", "gold"],
  ]);
  expect(sections[1]!.querySelector(".tick")).toBeNull();
});

test.each([
  ["en", VerifiedCustomer_Method.EMAIL_CODE, "Verified by e-mail code", "good"],
  ["en", VerifiedCustomer_Method.SHARED_SECRET, "Verified by a shared secret, which is weaker", "plain"],
  ["zh", VerifiedCustomer_Method.SHARED_SECRET, "已通过共享密钥验证（可靠性较低）", "plain"],
] as const)("how a customer was verified is said, in %s, by method %s", async (language, method, said, kind) => {
  choose(language);
  const customer = create(VerifiedCustomerSchema, { sub: "mailto:bo@example.com", method });
  const name = company.open({ turns: [["Hello", "Hello."]], customer });
  await open(`#/inbox/${name.split("/")[1]}`, "kefu_agent");
  await vi.waitFor(() => expect(root.querySelector(".conversation-title .tick")?.getAttribute("aria-label")).toBe(said), { timeout: 10_000 });
  expect(root.querySelector(".conversation-title .tick")!.parentElement!.className).toBe(`badge ${kind}`);
  expect(root.querySelector(".conversation-title")!.textContent).toContain("mailto:bo@example.com");
});

async function fill(label: string, value: string): Promise<void> {
  const found = [...root.querySelectorAll("label")].find((one) => one.textContent === label);
  const field = document.getElementById(found?.htmlFor ?? "") as HTMLInputElement;
  await act(async () => {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

test("an administrator says how customers are identified, and all else of the settings stays", async () => {
  await open("#/settings/customers", "kefu_admin");
  await see(/Your site tells who its customers are/);
  expect(root.textContent).not.toMatch(/Issuer/);
  await fill("Customers", "required");
  await fill("Your site tells who its customers are", "sharedSecret");
  await fill("Name of the secret", "identity");
  await fill("Your site tells who its customers are", "jwksUrl");
  await fill("Address of the public keys", "https://shop.example.com/jwks.json");
  await fill("Issuer", " https://shop.example.com ");
  await fill("Audience of tokens", "kefu");
  await fill("Kept claims", "name, email,");
  company.settingsRefusal = badRequest("settings.identity.issuer", "must not be empty.");
  await press("Save");
  await see(/Please check this: must not be empty\./);
  expect(root.querySelector("[aria-invalid=true]")).toBe(document.activeElement);
  company.settingsRefusal = null;
  await press("Save");
  await see(/Saved/);
  const { identity, businessHours } = company.settings;
  expect(businessHours).toEqual(["Mon-Fri 09:00-18:00"]);
  expect(identity).toEqual(
    create(IdentitySettingsSchema, {
      mode: "required",
      issuer: "https://shop.example.com",
      audience: "kefu",
      jwksUrl: "https://shop.example.com/jwks.json",
      claims: ["name", "email"],
    }),
  );
});

test("a lead does not say who is a customer, and sees who last did", async () => {
  company.trustRevision = create(SettingsRevisionSchema, {
    revision: 2n,
    author: "tenants/songlu/users/mia",
    createTime: timestampFromMs(Date.UTC(2026, 2, 2, 10)),
    changedFields: ["identity"],
  });
  await open("#/settings/hours", "kefu_lead");
  await see(/was last changed on .*, by users\/mia/);
  const links = [...root.querySelectorAll("a")].map((one) => one.getAttribute("href"));
  expect(links).toContain("#/settings/hours");
  expect(links).not.toContain("#/settings/customers");
});

test("a conversation that I held without a word goes back to the queue, and I am told on every page of the inbox", async () => {
  await open(conversation(0), "kefu_lead");
  await press("Take over");
  await see(/Held by you/);
  company.lapse(names()[0]!);
  await see(/went back to the queue because you did not write for too long/);
  company.takenBy(names()[0]!, "Chen Jie");
  await vi.waitFor(() => expect(root.textContent).not.toMatch(/went back to the queue/), { timeout: 10_000 });
});

test("who gives a conversation back is told of no lapse", async () => {
  await open(conversation(0), "kefu_lead");
  await press("Take over");
  await see(/Held by you/);
  await press("Pass on to a colleague");
  await see(/Take over/);
  expect(root.textContent).not.toMatch(/went back to the queue/);
});

test("who takes a conversation over while I write is named, and my draft stays", async () => {
  await open(conversation(0), "kefu_lead");
  await press("Take over");
  await see(/Held by you/);
  await write("Half a sent");
  company.takenBy(names()[0]!, "Chen Jie");
  await see(/Chen Jie has taken this conversation over\. Your message was not sent/);
  expect(draft()).toBe("Half a sent");
  expect(button("Send").disabled).toBe(true);
});

test("a reply that comes too late is not sent, and its text stays", async () => {
  await open(conversation(0), "kefu_lead");
  await press("Take over");
  await see(/Held by you/);
  await write("Too late");
  const held = company.held.get(names()[0]!)!;
  held.conversation.session!.state = Session_State.WAITING; // it lapsed, and its event has not come yet
  await press("Send");
  await see(/no longer yours/);
  expect(draft()).toBe("Too late");
  expect(held.turns.at(-1)?.text).not.toBe("Too late");
});

test("a conversation that a colleague was faster to take says by whom", async () => {
  await open(conversation(0), "kefu_lead");
  await see(/Take over/);
  const held = company.held.get(names()[0]!)!;
  held.conversation.session!.state = Session_State.HUMAN; // a moment ago, its event still on the way
  held.conversation.session!.agent = "Chen Jie";
  await press("Take over");
  await see(/Chen Jie has taken this conversation over\./);
});

test("a claim of this tab's person is taken up again after a reload, without asking", async () => {
  await open(conversation(2), "kefu_lead");
  await vi.waitFor(() => expect(claims.value.get(names()[2]!)).toBe(1n), { timeout: 10_000 });
  await see(/Held by you/);
});

test("what customers write is text, whatever it looks like", async () => {
  const name = company.open({ turns: [["<img src=x onerror=alert(1)><b>bold</b>", "<script>alert(2)</script>"]], waitingMinutes: 1, agent: "Chen Jie" });
  await open(`#/inbox/${name.split("/")[1]}`, "kefu_lead");
  await see(/<img src=x onerror=alert\(1\)><b>bold<\/b>/);
  await see(/<script>alert\(2\)<\/script>/);
  expect(root.querySelector(".messages img, .messages b, .messages script")).toBeNull();
});

test("an answer is shown as its customer reads it, and a customer's words as they are", async () => {
  const name = company.open({ turns: [["**Now**, please", "**Three days**:\n\n- by post\n- by courier"]], waitingMinutes: 1, agent: "Chen Jie" });
  const held = company.held.get(name)!;
  held.conversation.lastMessage = "It takes **three days**.";
  held.turns[0]!.withdrawn = "It takes **nine** days.";
  await open(`#/inbox/${name.split("/")[1]}`, "kefu_lead");
  await see("Three days:");
  expect([...root.querySelectorAll(".messages .message-text :is(strong, li)")].map((one) => one.textContent)).toEqual(["Three days", "by post", "by courier"]);
  await see("It takes nine days.");
  await see("It takes three days.");
  expect([...root.querySelectorAll(".from-customer .message-text")].map((one) => one.textContent)).toEqual(["**Now**, please"]);
});

test("a group of unanswered questions becomes a curated answer and leaves the list", async () => {
  await open("#/unanswered", "kefu_lead");
  await see(/Is there a repair shop in Hamburg\?/);
  await press("Write the answer to “Is there a repair shop in Hamburg?”");
  await vi.waitFor(() => expect(root.querySelector("dialog textarea")).not.toBeNull());
  expect(root.querySelector<HTMLTextAreaElement>("dialog textarea")?.value).toMatch(/Kessel & Sohn/);
  await press("Save");
  await see(/From now on, whoever asks this gets your answer/);
  expect(company.curated.at(-1)?.questions).toEqual(["Is there a repair shop in Hamburg?", "Where can I have my kettle repaired?", "Do you repair kettles near Hamburg"]);
  expect(company.groups.length).toBe(2);
});

test("a curated answer that another one contradicts is saved, and its warning is read before the form closes", async () => {
  company.curatedWarnings = ['"Do you repair?" is a question of curated answer 7, too.'];
  await open("#/unanswered", "kefu_lead");
  await press("Write the answer to “Is there a repair shop in Hamburg?”");
  await vi.waitFor(() => expect(root.querySelector("dialog textarea")).not.toBeNull());
  await press("Save");
  await see(/Saved, but look at this/);
  await see(/is a question of curated answer 7, too/);
  expect(root.querySelector("dialog textarea")).toBeNull();
  await act(async () => root.querySelector<HTMLButtonElement>("dialog .dialog-actions button")!.click());
  await see(/From now on, whoever asks this gets your answer/);
});

test("files are imported one after the other, each with what became of it", async () => {
  await open("#/knowledge/help/documents", "kefu_lead");
  await see(/Choose files/);
  const chooser = root.querySelector<HTMLInputElement>("input[type=file]")!;
  Object.defineProperty(chooser, "files", { value: [new File(["# x"], "returns.md"), new File(["%PDF"], "scan.pdf")] });
  await act(async () => {
    chooser.dispatchEvent(new Event("change", { bubbles: true }));
  });
  await see(/Imported: 8 passages/);
  await see(/It is a scan/);
});

test("the audit log says who did what from where, names what was changed, and goes on to earlier entries", async () => {
  await open("#/settings/audit", "kefu_admin");
  await see(/Ann Chen/);
  const rows = () => [...root.querySelectorAll("tbody tr")].map((row) => row.textContent);
  expect(rows().length).toBe(3);
  expect(rows()[0]).toMatch(/keys\/0a1b2c3d4e5f.*key\.create.*OK.*keys\/77aa.*scopes: chat knowledge.*203\.0\.113\.7/);
  expect(rows()[1]).toMatch(/10\.0\.0\.9 \(connection\)/);
  expect(rows()[2]).toMatch(/cannot be read/);
  await press("Show earlier entries");
  await see(/documents\.import/);
  expect(rows().length).toBe(5);
  expect(root.textContent).not.toMatch(/Show earlier entries/);
  await press("Verify");
  await see(/The log is broken at entry 3/);
  company.auditFault = { brokenSequence: 0n, problem: "Before number 3 the end of the log was not sealed." };
  await press("Verify");
  await see(/The chain is intact, but one end of it was not sealed.* Before number 3 the end.*ab12/);
  expect(root.querySelector(".notice.warn")).not.toBeNull();
  company.auditFault = { brokenSequence: 0n, problem: "" };
  await press("Verify");
  await see(/The log is intact.*ab12/);
});

test("the audit log is filtered, and downloaded as lines of JSON", async () => {
  const saved: Blob[] = [];
  Object.assign(URL, { createObjectURL: (blob: Blob) => `blob:${saved.push(blob)}`, revokeObjectURL: () => undefined }); // jsdom has neither
  const followed = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
  await open("#/settings/audit", "kefu_admin");
  await see(/Ann Chen/);
  const failed = root.querySelector<HTMLInputElement>("input[type=checkbox]")!;
  await act(async () => {
    failed.click();
  });
  await see(/TENANT_NOT_FOUND/);
  expect(root.textContent).not.toMatch(/Ann Chen/);
  await press("Download JSON lines");
  await vi.waitFor(() => expect(saved.length).toBe(1));
  const lines = (await saved[0]!.text()).trimEnd().split("\n").map((line) => JSON.parse(line) as { hash: string });
  expect(lines.map((line) => line.hash)).toEqual(["hash-3", "hash-2"]);
  followed.mockRestore();
});

test("a chart says in words what it shows, and has a table", async () => {
  await open("#/numbers", "kefu_lead");
  await see(/Outcome of questions, by day/);
  const chart = root.querySelector(".chart svg");
  expect(chart?.getAttribute("aria-label")).toMatch(/Confirmed: \d/);
  expect(root.querySelectorAll(".chart").length).toBe(root.querySelectorAll(".chart table").length);
});

test.each(["#/inbox", "#/unanswered", "#/knowledge/help/documents", "#/knowledge/help/curated", "#/procedures", "#/procedures/actions", "#/procedures/pages/cancel-order", "#/numbers", "#/settings/hours", "#/settings/webhooks", "#/settings/audit"])("%s speaks Chinese too", async (hash) => {
  choose("zh");
  await open(hash, "kefu_admin");
  await see(/收件箱/);
  await vi.waitFor(() => expect(root.querySelector("h1")?.textContent).toMatch(/[\u4e00-\u9fff]/));
});
