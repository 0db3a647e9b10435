import { signal } from "@preact/signals";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Composer } from "../src/chat/composer.tsx";
import type { Conversation } from "../src/chat/conversation.ts";
import { Session_State as State } from "../src/gen/kefu/router/v1/chat_pb.js";

const box = document.createElement("div");
const conversation = {
  phase: signal("loading"),
  state: signal(State.BOT),
  running: signal(false),
  files: signal(null),
  send: vi.fn(async () => {}),
};

beforeEach(() => {
  conversation.phase.value = "loading";
  conversation.send.mockClear();
  document.body.append(box);
  const ref = { current: null };
  act(() => render(<Composer conversation={conversation as unknown as Conversation} box={ref} taken={null} />, box));
});
afterEach(() => {
  render(null, box);
  box.remove();
});

const field = () => box.querySelector("textarea")!;
const write = (text: string) =>
  act(async () => {
    field().value = text;
    field().dispatchEvent(new Event("input", { bubbles: true }));
  });
const enter = () =>
  act(async () => void field().dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true })));
const loaded = () => act(async () => void (conversation.phase.value = "ready"));

it("sends what was written while the conversation loads as soon as it is there, once", async () => {
  await write("Where is my order?");
  await enter();
  await enter();
  expect(conversation.send).not.toHaveBeenCalled();
  expect(field().value).toBe("Where is my order?");
  await loaded();
  expect(conversation.send.mock.calls).toEqual([["Where is my order?", undefined]]);
  expect(field().value).toBe("");
});

it("sends nothing that is still being written when the conversation is there", async () => {
  await write("Where is my");
  await enter();
  await write("Where is my order?");
  await loaded();
  expect(conversation.send).not.toHaveBeenCalled();
});
