/** A conversation's turns, and what is read out of them. */

import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";

import { afterReturn, afterSessionEvent, lastQuestions, messagesOf, opened, withTurn } from "../../src/desk/inbox/conversation_state.ts";
import { AnswerSource, FinishReason, Handoff_Reason, Session_State, SessionEventSchema, type Turn, TurnSchema } from "../../src/gen/kefu/router/v1/chat_pb.ts";

const turn = (id: number, question: string, text: string, more: object = {}): Turn =>
  create(TurnSchema, { name: `sessions/s/turns/${id}`, question, text, ...more });

describe("a conversation", () => {
  test("a turn that comes late is put in its place, and one that comes again replaces itself", () => {
    const turns = [turn(1, "one", ""), turn(3, "three", "")];
    expect(withTurn(turns, turn(2, "two", "")).map((one) => one.question)).toEqual(["one", "two", "three"]);
    expect(withTurn(turns, turn(3, "three", "now answered")).map((one) => one.text)).toEqual(["", "now answered"]);
  });

  test("a person's reply is theirs, an answer is Kefu's, and a hand-over stands behind its turn", () => {
    const messages = messagesOf([
      turn(1, "Where is it?", "I do not know.", { handoff: { reason: Handoff_Reason.NOTHING_RELEVANT } }),
      turn(2, "", "On its way.", { agent: "Li Wei", completed: { source: AnswerSource.PERSON } }),
      turn(3, "Thanks", "", {}),
    ]);
    expect(messages.map((one) => one.kind)).toEqual(["customer", "kefu", "handoff", "person", "customer"]);
  });

  test("the questions to suggest an answer to are the customer's, the latest first, and no wish for a person or thanks", () => {
    const turns = [
      turn(1, "Hello", "Hello!", { completed: { source: AnswerSource.CANNED } }),
      turn(2, "Where is it?", "x", { completed: { source: AnswerSource.GENERATED } }),
      turn(3, "And how long?", "A person will help.", { handoff: { reason: Handoff_Reason.NOTHING_RELEVANT }, completed: { source: AnswerSource.CANNED } }),
      turn(4, "I want to talk to a person", "Yes.", { handoff: { reason: Handoff_Reason.CUSTOMER_ASKED }, completed: { source: AnswerSource.CANNED } }),
      turn(5, "", "reply", { agent: "Li Wei" }),
    ];
    expect(lastQuestions(turns)).toEqual(["And how long?", "Where is it?"]);
    expect(lastQuestions([...turns, turn(6, "Are you there?", "", { completed: { finishReason: FinishReason.HUMAN } })])[0]).toBe("Are you there?");
    expect(lastQuestions([])).toEqual([]);
  });

  test("a button, a choice in whatever words, small talk and what an action settled are no question to suggest an answer to", () => {
    const action = (choices: string[] = []) => ({ completed: { source: AnswerSource.ACTION, choices } });
    const orders = ["SL700: SL-H3 humidifier, SL-K3 kettle (placed, not packed yet)", "SL701: SL-L1 lamp (delivered)"];
    const change = ["Yes, please do it", "No, leave it"];
    const small = { completed: { source: AnswerSource.GENERATED }, triage: { intent: "small_talk", likelihood: 1 } };
    const cancelled = [
      turn(1, "I want to cancel an order", "Which?", action(orders)),
      turn(2, orders[0]!, "Shall I?", action(change)),
      turn(3, change[0]!, "Done.", action()),
    ];
    const complaint = turn(4, "My lamp came broken, and nobody answers the telephone!", "A colleague helps.", { handoff: { reason: Handoff_Reason.COMPLAINT }, completed: { source: AnswerSource.CANNED } });
    const called = turn(5, "Let me talk to a person", "Of course.", { handoff: { reason: Handoff_Reason.CUSTOMER_ASKED }, completed: { source: AnswerSource.CANNED } });
    expect(lastQuestions([...cancelled, complaint, called, turn(6, "thanks!", "Gladly.", small)])).toEqual([complaint.question]);
    expect(lastQuestions(cancelled)).toEqual(["I want to cancel an order"]);
    for (const reply of ["2", "No. 2", "kettle", "the second one", "第二个", "SL-K3 Kettle!"]) {
      expect(lastQuestions([turn(1, "Cancel", "Which?", action(orders)), turn(2, reply, "Done.", action())])).toEqual(["Cancel"]);
    }
    const wish = "where is the kettle?";
    expect(lastQuestions([turn(1, "Cancel", "Which?", action(orders)), turn(2, wish, "There.", action())])).toEqual([wish]);
    const zh = turn(1, "我要退货", "哪一个？", action(["QH2026：电水壶（已发货）", "都不是，转人工客服"]));
    expect(lastQuestions([zh, turn(2, "电水壶", "好的", action())])).toEqual(["我要退货"]);
    expect(lastQuestions([zh, turn(2, "电水壶坏了怎么办", "好的", action())])).toEqual(["电水壶坏了怎么办"]);
  });

  test("events change who answers, and the last one's id is kept to go on from", () => {
    const before = opened([], Session_State.WAITING, "", "7");
    const event = create(SessionEventSchema, { id: "8", event: { case: "stateChanged", value: { state: Session_State.HUMAN, agent: "Li Wei" } } });
    expect(afterSessionEvent(before, event)).toMatchObject({ state: Session_State.HUMAN, agent: "Li Wei", lastEvent: "8", stale: false });
  });

  test("a return counts while I still hold it: what its events told before the call came back is newer", () => {
    const held = opened([], Session_State.HUMAN, "Li Wei", "8");
    expect(afterReturn(held, "Li Wei", Session_State.RETURNED)).toMatchObject({ state: Session_State.RETURNED, agent: "" });
    const waits = opened([], Session_State.WAITING, "", "10");
    expect(afterReturn(waits, "Li Wei", Session_State.RETURNED).state).toBe(Session_State.WAITING);
  });

  test("missed events ask for reading anew", () => {
    const event = create(SessionEventSchema, { id: "99", event: { case: "missed", value: {} } });
    expect(afterSessionEvent(opened([], Session_State.BOT, "", ""), event).stale).toBe(true);
  });
});
