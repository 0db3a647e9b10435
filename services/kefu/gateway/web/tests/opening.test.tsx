/** When somebody is there again: one time on the screen, in the company's zone. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { signal } from "@preact/signals";
import { render } from "preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Conversation } from "../src/chat/conversation.ts";
import { Entry } from "../src/chat/entry.ts";
import { Message } from "../src/chat/message.tsx";
import { withoutOwnZone } from "../src/chat/opening.ts";
import { AnswerSource, FinishReason, type Handoff, HandoffSchema, TurnSchema, Turn_State } from "../src/gen/kefu/router/v1/chat_pb.js";
import { choose } from "../src/shared/i18n.ts";

const OPENING = timestampFromDate(new Date("2026-12-02T01:00:00Z"));
const ZH = "现在是非工作时间，您的问题已记录，人工客服将于明天 09:00（UTC+8）上班后为您处理。";
const EN = "Nobody from our team is here at the moment. They will be back tomorrow at 09:00 (UTC+8) and will read what you wrote.";

const inZone = (hours: number) => vi.spyOn(Date.prototype, "getTimezoneOffset").mockReturnValue(-60 * hours);
const handoff = (message: string, more: MessageInitShape<typeof HandoffSchema> = {}): Handoff =>
  create(HandoffSchema, { message, outOfHours: true, nextOpening: OPENING, ...more });

function shown(of: Handoff): string {
  const entry = Entry.of(
    create(TurnSchema, {
      name: "sessions/s/turns/1",
      question: "人工",
      text: of.message,
      handoff: of,
      state: Turn_State.FINISHED,
      completed: { finishReason: FinishReason.HANDOFF, source: AnswerSource.CANNED },
    }),
  );
  const conversation = { entries: signal([entry]) } as unknown as Conversation;
  const place = document.createElement("div");
  render(<Message entry={entry} conversation={conversation} receiver="" onCite={() => {}} />, place);
  return place.textContent ?? "";
}

beforeEach(() => choose("zh"));
afterEach(() => {
  vi.restoreAllMocks();
  choose("en");
});

it("is told once, with the company's zone, to a customer elsewhere", () => {
  inZone(0);
  const text = shown(handoff(ZH));
  expect(text).toContain("明天 09:00（UTC+8）上班后");
  expect(text.match(/\d\d:\d\d/g)).toEqual(["09:00"]);
  expect(text).not.toContain("恢复服务");
});

it("is told without a zone to a customer whose clock shows the same", () => {
  inZone(8);
  expect(shown(handoff(ZH))).toContain("明天 09:00 上班后");
  expect(withoutOwnZone(EN, handoff(EN))).toContain("back tomorrow at 09:00 and will");
  expect(withoutOwnZone("我们明天 09:00（UTC+8）。", handoff(ZH))).toBe("我们明天 09:00。");
  inZone(5.5);
  expect(withoutOwnZone("09:00（UTC+5:30）见", handoff(ZH))).toBe("09:00 见");
  inZone(-3.5);
  expect(withoutOwnZone("at 09:00 (UTC-3:30).", handoff(EN))).toBe("at 09:00.");
});

it("is told by the reader's clock, by name, where the message does not tell it", () => {
  choose("en");
  const text = shown(handoff("If you are in danger, call 112 now."));
  expect(text).toMatch(/here again .*\d\d:\d\d.* (?:GMT|UTC|[A-Z]{3,4})/);
});

it("leaves what only looks like a zone in other texts", () => {
  inZone(8);
  expect(withoutOwnZone("It is made for (UTC+8) clocks.", null)).toBe("It is made for (UTC+8) clocks.");
});
