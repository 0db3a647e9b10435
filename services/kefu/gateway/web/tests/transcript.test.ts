import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { Entry } from "../src/chat/entry.ts";
import { answerers } from "../src/chat/transcript.ts";
import { AnswerSource, FinishReason, Session_State as State, TurnSchema, Turn_State } from "../src/gen/kefu/router/v1/chat_pb.js";

let number = 0;
function turn(fields: MessageInitShape<typeof TurnSchema>): Entry {
  number += 1;
  return Entry.of(create(TurnSchema, { name: `sessions/s/turns/${number}`, state: Turn_State.FINISHED, ...fields }));
}
const asked = (question: string) => turn({ question, text: "An answer.", completed: { finishReason: FinishReason.STOP, source: AnswerSource.GENERATED } });
const held = (question: string) => turn({ question, completed: { finishReason: FinishReason.HUMAN } });
const reply = (agent: string) => turn({ agent, text: "Hello.", completed: { source: AnswerSource.PERSON } });

describe("who answered", () => {
  it("is told where it changed, the same after a reload", () => {
    const entries = [asked("one"), held("two"), reply("Mei"), held("three"), asked("four")];
    const { changes, last, receivers } = answerers(entries, State.RETURNED, "");
    expect([...changes]).toEqual([
      [entries[1]!.key, { person: "Mei" }],
      [entries[4]!.key, { person: null }],
    ]);
    expect(last).toBeNull();
    expect(receivers.get(entries[1]!.key)).toBe("Mei");
  });

  it("is told between a message that came for a person and the answer to it that Kefu gave once it had the conversation back", () => {
    const entries = [asked("one"), reply("Ann"), asked("Is it free?"), asked("two")];
    const held = new Map([[entries[2]!.name.value, "Ann"]]);
    const { changes, givenBack, last } = answerers(entries, State.RETURNED, "", true, held);
    expect([...changes]).toEqual([[entries[1]!.key, { person: "Ann" }]]);
    expect([...givenBack]).toEqual([entries[2]!.key]);
    expect(last).toBeNull();
  });

  it("names who had the conversation when a message came, whoever has it now or replied", () => {
    const entries = [asked("one"), held("for Ann"), held("for nobody known"), reply("小波")];
    const then = new Map([[entries[1]!.name.value, "Ann"]]);
    const { changes, receivers } = answerers(entries, State.HUMAN, "小波", true, then);
    expect([...receivers.values()]).toEqual(["Ann", "小波"]);
    expect([...changes]).toEqual([
      [entries[1]!.key, { person: "Ann" }],
      [entries[2]!.key, { person: "小波" }],
    ]);
  });

  it("is told at the end while nobody has written yet", () => {
    const entries = [asked("one")];
    expect(answerers(entries, State.HUMAN, "Mei").last).toEqual({ person: "Mei" });
    expect(answerers([...entries, reply("Mei")], State.HUMAN, "Mei").last).toBeNull();
    expect(answerers([...entries, reply("Mei")], State.HUMAN, "Tom").last).toEqual({ person: "Tom" });
    expect(answerers([...entries, reply("Mei")], State.RETURNED, "").last).toEqual({ person: null });
  });

  it("names nobody as the receiver of a message once it was passed on unread", () => {
    const entries = [asked("one"), held("two")];
    expect(answerers(entries, State.HUMAN, "Mei").receivers.get(entries[1]!.key)).toBe("Mei");
    expect(answerers(entries, State.WAITING, "").receivers.get(entries[1]!.key)).toBe("");
  });

  it("is not made up for what came before the first turn on the page", () => {
    const entries = [reply("Mei"), reply("Mei"), reply("Tom")];
    expect([...answerers(entries, State.HUMAN, "Tom", false).changes]).toEqual([[entries[2]!.key, { person: "Tom" }]]);
  });
});
