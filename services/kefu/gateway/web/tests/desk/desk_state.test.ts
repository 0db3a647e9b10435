/** What the inbox shows, from the events of WatchDesk. */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";

import { afterEvent, attention, calls, type DeskState, EMPTY_DESK, lapsedBetween, lapsesSoon, sections, watchBegan, withReturned } from "../../src/desk/inbox/desk_state.ts";
import { Session_State } from "../../src/gen/kefu/router/v1/chat_pb.ts";
import { type Conversation, ConversationSchema, DeskEventSchema } from "../../src/gen/kefu/router/v1/desk_pb.ts";

const ME = "Li Wei";

function conversation(id: string, state: Session_State, more: MessageInitShape<typeof ConversationSchema> & { agent?: string; since?: number } = {}): Conversation {
  const { agent = "", since, ...others } = more as { agent?: string; since?: number };
  return create(ConversationSchema, {
    ...others,
    session: { name: `sessions/${id}`, state, agent },
    ...(since === undefined ? {} : { waitingSince: timestampFromMs(since) }),
  });
}

function after(desk: DeskState, ...told: (Conversation | "caughtUp")[]): DeskState {
  return told.reduce(
    (state, one) =>
      afterEvent(state, create(DeskEventSchema, { event: one === "caughtUp" ? { case: "caughtUp", value: {} } : { case: "conversation", value: one } })),
    desk,
  );
}

const names = (list: readonly Conversation[]) => list.map((one) => one.session?.name.split("/")[1]);

describe("a claim that lapses", () => {
  const mine = after(EMPTY_DESK, conversation("a", Session_State.HUMAN, { agent: ME, mine: true }), conversation("b", Session_State.HUMAN, { agent: "Ann" }));
  const gone = after(mine, conversation("a", Session_State.WAITING), conversation("b", Session_State.WAITING));

  test("is told of mine alone, and not of what I gave back", () => {
    expect(names(lapsedBetween(mine, gone, ME, () => true))).toEqual(["a"]);
    expect(lapsedBetween(mine, gone, ME, () => false)).toEqual([]);
    expect(lapsedBetween(mine, after(mine, conversation("a", Session_State.HUMAN, { agent: "Ann" })), ME, () => true)).toEqual([]);
    expect(lapsedBetween(EMPTY_DESK, gone, ME, () => true)).toEqual([]);
  });

  test("is seen coming for two minutes", () => {
    const held = conversation("a", Session_State.HUMAN, { agent: ME, mine: true, claimExpireTime: timestampFromMs(500_000) });
    expect([300_000, 380_001, 470_000, 600_000].map((at) => lapsesSoon(held, at))).toEqual([null, 119_999, 30_000, 0]);
    expect(lapsesSoon({ ...held, mine: false }, 470_000)).toBeNull();
    expect(lapsesSoon(conversation("a", Session_State.HUMAN, { agent: ME, mine: true }), 0)).toBeNull();
  });
});

describe("the inbox", () => {
  test("who waits longest stands first", () => {
    const desk = after(
      EMPTY_DESK,
      conversation("late", Session_State.WAITING, { since: 3_000 }),
      conversation("first", Session_State.WAITING, { since: 1_000 }),
      conversation("second", Session_State.WAITING, { since: 2_000 }),
    );
    expect(names(sections(desk, ME).waiting)).toEqual(["first", "second", "late"]);
  });

  test("a higher priority stands before who waits longer, and one that nobody gave is that of others", () => {
    const desk = after(
      EMPTY_DESK,
      conversation("low", Session_State.WAITING, { since: 500, triage: { priority: "low" } }),
      conversation("first", Session_State.WAITING, { since: 1_000 }),
      conversation("normal", Session_State.WAITING, { since: 2_000, triage: { priority: "normal" } }),
      conversation("high", Session_State.WAITING, { since: 3_000, triage: { priority: "high" } }),
      conversation("urgent", Session_State.WAITING, { since: 4_000, triage: { priority: "urgent" } }),
    );
    expect(names(sections(desk, ME).waiting)).toEqual(["urgent", "high", "first", "normal", "low"]);
  });

  test("mine are those of my key that bear my name; others of the same key are a colleague's", () => {
    const desk = after(
      EMPTY_DESK,
      conversation("mine", Session_State.HUMAN, { agent: ME, mine: true }),
      conversation("shared", Session_State.HUMAN, { agent: "Chen Jie", mine: true }),
      conversation("namesake", Session_State.HUMAN, { agent: ME, mine: false }),
    );
    const { mine, colleagues } = sections(desk, ME);
    expect(names(mine)).toEqual(["mine"]);
    expect(names(colleagues)).toEqual(["shared", "namesake"]);
  });

  test("of mine, those whose customer waits for my word go first", () => {
    const desk = after(
      EMPTY_DESK,
      conversation("answered", Session_State.HUMAN, { agent: ME, mine: true }),
      conversation("waits", Session_State.HUMAN, { agent: ME, mine: true, since: 9_000 }),
    );
    expect(names(sections(desk, ME).mine)).toEqual(["waits", "answered"]);
    expect(attention(desk, ME)).toBe(1);
  });

  test("a returned or closed conversation leaves it", () => {
    const desk = after(EMPTY_DESK, conversation("a", Session_State.WAITING), conversation("a", Session_State.RETURNED));
    expect(desk.conversations.size).toBe(0);
  });

  test("a conversation that I returned leaves it, unless it was told meanwhile that it waits again", () => {
    const mine = after(EMPTY_DESK, conversation("a", Session_State.HUMAN, { agent: ME, mine: true }));
    const returned = conversation("a", Session_State.RETURNED);
    expect(withReturned(mine, returned, ME).conversations.size).toBe(0);
    const again = withReturned(after(mine, conversation("a", Session_State.WAITING)), returned, ME);
    expect(names(sections(again, ME).waiting)).toEqual(["a"]);
  });

  test("a deleted conversation leaves it", () => {
    const before = after(EMPTY_DESK, conversation("a", Session_State.WAITING), "caughtUp");
    const desk = afterEvent(before, create(DeskEventSchema, { event: { case: "deleted", value: "sessions/a" } }));
    expect(desk.conversations.size).toBe(0);
  });

  test("after a lost watch, what is not told again is gone once all was told, and not before", () => {
    const before = after(EMPTY_DESK, conversation("a", Session_State.WAITING), conversation("b", Session_State.WAITING), "caughtUp");
    const retelling = after(watchBegan(before), conversation("b", Session_State.WAITING));
    expect(retelling.conversations.size).toBe(2);
    expect([...after(retelling, "caughtUp").conversations.keys()]).toEqual(["sessions/b"]);
  });

  test("it calls again when the same customer waits anew, and not when nothing changed", () => {
    const first = after(EMPTY_DESK, conversation("a", Session_State.WAITING, { since: 1_000 }));
    const same = after(first, conversation("a", Session_State.WAITING, { since: 1_000, escalated: true }));
    const anew = after(first, conversation("a", Session_State.WAITING, { since: 5_000 }));
    expect(calls(same, ME)).toEqual(calls(first, ME));
    expect(calls(anew, ME)).not.toEqual(calls(first, ME));
  });
});
