/** What agents read of a message's triage, in both languages. */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test } from "vitest";

import { queuesOf, TriageBadges, TriageFacts } from "../../src/desk/inbox/triage.tsx";
import { intentText } from "../../src/desk/inbox/words.ts";
import { AnswerSource, type Turn, TurnSchema } from "../../src/gen/kefu/router/v1/chat_pb.ts";
import { ConversationSchema } from "../../src/gen/kefu/router/v1/desk_pb.ts";
import { type Triage, TriageSchema } from "../../src/gen/kefu/router/v1/triage_pb.ts";
import { choose } from "../../src/shared/i18n.ts";

const box = document.createElement("div");
const FRAUD: MessageInitShape<typeof TriageSchema> = {
  intent: "account_security",
  likelihood: 0.92,
  urgency: "critical",
  mood: "unhappy",
  priority: "urgent",
  queue: "<b>fraud</b>",
  rules: ["fraud-suspected"],
  actionRisk: "read",
  needsPerson: true,
  compared: true,
  signals: [{ kind: "many_returns", count: 6 }],
};

beforeEach(() => document.body.append(box));
afterEach(() => {
  render(null, box);
  box.remove();
  choose("en");
});

function shown(triage: Triage | undefined, turns: readonly Turn[] = []): string {
  act(() =>
    render(
      <>
        <TriageBadges triage={triage} />
        <TriageFacts triage={triage} turns={turns} />
      </>,
      box,
    ),
  );
  return box.textContent ?? "";
}

test("priority, queue, reasons and signals are told in words", () => {
  choose("en");
  const text = shown(create(TriageSchema, FRAUD));
  for (const words of ["Priority: urgent", "Queue: <b>fraud</b>", "help with fraud", "critical", "unhappy", "fraud-suspected", "look things up"]) {
    expect(text).toContain(words);
  }
  expect(text).toContain("Conversations about returns within 30 days: 6.");
  expect(box.querySelector("b")).toBeNull(); // a queue's name is text
});

test("in Chinese too", () => {
  choose("zh");
  const text = shown(create(TriageSchema, FRAUD));
  for (const words of ["优先级: 紧急", "账户安全或被骗", "危急", "不满", "30 天内有 6 次会话涉及退换货"]) expect(text).toContain(words);
});

test("where no rule says anything there is no badge, and what words alone told is said to be less", () => {
  choose("en");
  const text = shown(create(TriageSchema, { urgency: "normal", mood: "calm", priority: "normal" }));
  expect(box.querySelector(".badge")).toBeNull();
  expect(text).toContain("not known");
  expect(text).toContain("Read by its words alone");
  expect(shown(undefined)).toBe("");
});

test("queues are those that conversations have, each once", () => {
  const of = (queue: string) => create(ConversationSchema, { triage: { queue } });
  expect(queuesOf([of("fraud"), of(""), of("billing"), of("fraud"), create(ConversationSchema, {})])).toEqual(["billing", "fraud"]);
});

test("an intent of a later version keeps its name", () => {
  expect(intentText("astrology")).toBe("astrology");
});

const CANCEL: MessageInitShape<typeof TriageSchema> = { intent: "cancel_order", likelihood: 0.99, urgency: "high", mood: "calm", priority: "normal", compared: true };
const COMPLAINT: MessageInitShape<typeof TriageSchema> = { intent: "complaint", likelihood: 0.8, urgency: "normal", mood: "angry", priority: "normal", compared: true };
let count = 0;
const said = (question: string, triage: MessageInitShape<typeof TriageSchema>, choices: string[] = []): Turn =>
  create(TurnSchema, { name: `sessions/s/turns/${count++}`, question, triage, completed: { source: AnswerSource.ACTION, choices } });
const headings = () => [...box.querySelectorAll("section")].map((one) => [...one.querySelectorAll("h3, h3 + p")].map((part) => part.textContent));

test("what was read is of the customer's last question, and says so; a more pressing one stands below", () => {
  choose("en");
  const turns = [said("Cancel my order", CANCEL), said("It came broken!", COMPLAINT, ["Return an order"]), said("Return an order", { urgency: "normal", mood: "calm" })];
  const text = shown(create(TriageSchema, CANCEL), turns);
  expect(headings()).toEqual([
    ["How it was read", "Of “It came broken!”"],
    ["The most urgent message", "Of “Cancel my order”"],
  ]);
  expect(text).toContain("angry");
  shown(create(TriageSchema, COMPLAINT), turns);
  expect(headings()).toEqual([["How it was read", "Of “It came broken!”"]]);
  shown(create(TriageSchema, { urgency: "normal", mood: "calm" }), turns); // of a button: it says nothing more
  expect(headings()).toEqual([["How it was read", "Of “It came broken!”"]]);
});

test("a triage whose message is on no page is shown without it", () => {
  choose("en");
  shown(create(TriageSchema, FRAUD), [create(TurnSchema, { name: "sessions/s/turns/1", question: "Hello?" })]);
  expect(headings()).toEqual([["How it was read"]]);
  shown(create(TriageSchema, FRAUD), [said("x".repeat(300), COMPLAINT)]);
  expect(headings()).toEqual([["How it was read", `Of “${"x".repeat(120)}…”`], ["The most urgent message"]]);
});
