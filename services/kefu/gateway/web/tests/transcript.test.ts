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
