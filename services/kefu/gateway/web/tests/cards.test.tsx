import { create } from "@bufbuild/protobuf";
import { createClient, createRouterTransport, type ServiceImpl } from "@connectrpc/connect";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { announced, hush } from "../src/chat/announce.ts";
import { Conversation } from "../src/chat/conversation.ts";
import { Message } from "../src/chat/message.tsx";
import { Messages } from "../src/desk/inbox/messages.tsx";
import { AnswerSource, ChatService, FinishReason, type TurnCompleted, TurnCompletedSchema, TurnSchema, Turn_State } from "../src/gen/kefu/router/v1/chat_pb.js";
import { secureAddress } from "../src/shared/cards.tsx";
import { choose } from "../src/shared/i18n.ts";
import { Kefu } from "@kefu/client";
import { event } from "./scripted.ts";

const box = document.createElement("div");
const HOSTILE = '<img src=x onerror="alert(1)">';
const LABELS = ["A1: kettle (on its way)", "B2: lamp (delivered)"];

beforeEach(() => {
  document.body.append(box);
  choose("en");
});
afterEach(() => {
  render(null, box);
  box.remove();
  hush();
  localStorage.clear();
  vi.restoreAllMocks();
});

function completed(more: object = {}): TurnCompleted {
  return create(TurnCompletedSchema, {
    finishReason: FinishReason.STOP,
    source: AnswerSource.ACTION,
    choices: [...LABELS, "All of these"],
    cards: {
      text: "Which **order**?",
      cards: [
        { title: "A1", status: "on its way", choice: LABELS[0]!, fields: [{ label: "Items", value: `kettle\n${HOSTILE}` }] },
        { title: "B2", choice: LABELS[1]!, link: "https://shop.example.com/orders/B2" },
      ],
    },
    ...more,
  });
}

/** A page on which a turn ends so; `before` comes ahead of its text. */
function page(end: TurnCompleted, before: () => Promise<void> = async () => {}) {
  const said: string[] = [];
  const service: Partial<ServiceImpl<typeof ChatService>> = {
    async *converse({ text }) {
      said.push(text);
      yield event("turnStarted", { session: "sessions/one", turn: `sessions/one/turns/${said.length}` });
      yield event("progress", { text: "Looking up your orders" });
      await before();
      yield event("textDelta", { offset: 0n, text: "The text" });
      yield { event: { case: "turnCompleted" as const, value: said.length === 1 ? end : create(TurnCompletedSchema) } };
    },
    async *watchSession(_request, { signal }) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };
  const transport = createRouterTransport(({ service: add }) => void add(ChatService, service));
  const conversation = new Conversation(createClient(ChatService, transport), []);
  const Page = () => (
    <>
      {conversation.entries.value.map((entry) => (
        <Message key={entry.key} entry={entry} conversation={conversation} receiver="" onCite={() => {}} />
      ))}
    </>
  );
  act(() => render(<Page />, box));
  return { conversation, said, transport };
}

const texts = (selector: string) => [...box.querySelectorAll(selector)].map((element) => element.textContent);

it("is drawn in place of the text, with its button, and what is no card has a button below", async () => {
  const { conversation, said } = page(completed());
  await act(() => conversation.send("Where is my order?"));
  expect(texts(".markdown")).toEqual(["Which order?"]);
  expect(texts("article.action-card h3")).toEqual(["1. A1", "2. B2"]);
  expect(texts(".card-status")).toEqual(["on its way"]);
  expect(texts("dt")).toEqual(["Items"]);
  expect(texts(".action-card button")).toEqual(["Choose A1", "Choose B2"]);
  expect(texts(".choices button")).toEqual(["All of these"]);
  const [first] = box.querySelectorAll<HTMLButtonElement>(".action-card button");
  const described = first!.getAttribute("aria-describedby")!.split(" ");
  expect(described.map((id) => document.getElementById(id)?.textContent)).toEqual(["on its way", `Itemskettle\n${HOSTILE}`]);
  expect(box.querySelector(".action-card")!.getAttribute("aria-labelledby")).toBe(box.querySelector(".action-card h3")!.id);
  await act(async () => first!.click());
  await vi.waitFor(() => expect(said).toEqual(["Where is my order?", LABELS[0]]));
  await vi.waitFor(() => expect(document.activeElement).toBe([...box.querySelectorAll(".turn")].at(-1)));
  expect(texts(".action-card button, .choices button")).toEqual([]); // what is over is not chosen from
  expect(texts("article.action-card h3")).toEqual(["1. A1", "2. B2"]);
  conversation.fresh();
});

it("shows what looks like HTML as the text it is, and loads nothing", async () => {
  const end = completed({ cards: { text: HOSTILE, cards: [{ title: HOSTILE, status: HOSTILE, choice: LABELS[0]!, fields: [{ label: HOSTILE, value: HOSTILE }] }] } });
  const { conversation } = page(end);
  await act(() => conversation.send("Where is my order?"));
  expect(box.querySelectorAll("img, script")).toHaveLength(0);
  expect(texts(".action-card h3, .card-status, dt, dd")).toEqual([`1. ${HOSTILE}`, HOSTILE, HOSTILE, HOSTILE]);
  expect(texts(".action-card button")).toEqual([`Choose ${HOSTILE}`]);
  conversation.fresh();
});

it.each([
  ["https://shop.example.com/orders/1", "https://shop.example.com/orders/1"],
  ["http://shop.example.com/orders/1", null],
  ["javascript:alert(1)", null],
  ["data:text/html,x", null],
  ["//evil.example", null],
  ["https://shop.example.com@evil.example/", null],
  ["/orders/1", null],
  ["", null],
])("takes %j for the address %j", (address, link) => {
  expect(secureAddress(address)).toBe(link);
});

it("opens its link elsewhere, without saying where from", async () => {
  const { conversation } = page(completed());
  await act(() => conversation.send("Where is my order?"));
  const links = [...box.querySelectorAll("a")].map(({ href, target, rel }) => [href, target, rel]);
  expect(links).toEqual([["https://shop.example.com/orders/B2", "_blank", "noopener noreferrer nofollow ugc"]]);
  conversation.fresh();
});

it("is in Chinese where that is spoken, as the progress is in the answer's language", async () => {
  choose("zh");
  const { conversation } = page(completed());
  await act(() => conversation.send("我的订单"));
  expect(texts(".action-card button")).toEqual(["选择 A1", "选择 B2"]);
  conversation.fresh();
});

it("comes at once with its text, and until then says what is being done", async () => {
  let go = () => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  const { conversation } = page(completed(), () => held);
  const sent = conversation.send("Where is my order?");
  await vi.waitFor(() => expect(texts(".thinking")).toEqual(["Looking up your orders"]));
  expect(announced.value.map(({ text }) => text)).toEqual(["Looking up your orders"]);
  await act(async () => {
    go();
    await sent;
  });
  expect(texts(".thinking")).toEqual([]);
  expect(announced.value.map(({ text }) => text)).toEqual(["Looking up your orders", "The text"]);
  conversation.fresh();
});

it("is left to programs, with the text and the progress", async () => {
  const { transport } = page(completed());
  const told: string[] = [];
  const kefu = new Kefu({ baseUrl: "", transport });
  const answer = await kefu.ask("Where is my order?", { onProgress: (text) => told.push(text) });
  expect(answer.text).toBe("The text");
  expect(answer.cards?.cards.map(({ title }) => title)).toEqual(["A1", "B2"]);
  expect(told).toEqual(["Looking up your orders"]);
  expect((await kefu.ask("And?")).cards).toBeNull();
});

it("is what a person at the desk sees too, without its buttons", () => {
  const turn = create(TurnSchema, { name: "t", question: "Where is my order?", text: "The text", state: Turn_State.FINISHED, completed: completed() });
  act(() => render(<Messages turns={[turn]} hidden={0} onEarlier={() => {}} />, box));
  expect(texts("article.action-card h3")).toEqual(["1. A1", "2. B2"]);
  expect(texts("button")).toEqual([]);
  expect(box.textContent).not.toContain("The text");
});
