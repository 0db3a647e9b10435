import { create } from "@bufbuild/protobuf";
import { createClient, createRouterTransport, type ServiceImpl } from "@connectrpc/connect";
import { afterEach, expect, it, vi } from "vitest";
import { announced } from "../src/chat/announce.ts";
import { Conversation } from "../src/chat/conversation.ts";
import { answerers } from "../src/chat/transcript.ts";
import { untilVisible } from "../src/chat/watching.ts";
import {
  ChatService,
  FinishReason,
  GetSessionResponseSchema,
  ListTurnsResponseSchema,
  Session_State,
  Turn_State,
} from "../src/gen/kefu/router/v1/chat_pb.js";
import { event, Scripted } from "./scripted.ts";

afterEach(() => {
  vi.restoreAllMocks();
  localStorage.clear();
});

/** A server on which "sessions/one" is with a person; it answers once it is let. */
function server(...slow: ("getSession" | "listTurns")[]) {
  let answer = () => {};
  const permitted = new Promise<void>((resolve) => (answer = resolve));
  const asked: string[] = [];
  const before = async (method: "getSession" | "listTurns") => {
    asked.push(method);
    if (slow.includes(method)) await permitted;
  };
  const service: Partial<ServiceImpl<typeof ChatService>> = {
    async getSession({ name }) {
      await before("getSession");
      return create(GetSessionResponseSchema, { session: { name, state: Session_State.HUMAN, agent: "Mei", turnCount: 1 } });
    },
    async listTurns({ session }) {
      await before("listTurns");
      const turns = [{ name: `${session}/turns/a`, question: "Where is it?", state: Turn_State.FINISHED }];
      return create(ListTurnsResponseSchema, { turns });
    },
    async *watchSession(_request, { signal }) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };
  const client = createClient(ChatService, createRouterTransport(({ service: add }) => void add(ChatService, service)));
  return { conversation: new Conversation(client, []), answer, asked };
}

it.each(["getSession", "listTurns"] as const)("is not shown once it was left while %s was under way", async (method) => {
  localStorage.setItem("kefu.session", "sessions/one");
  const { conversation, answer, asked } = server(method);
  const loading = conversation.load();
  await vi.waitFor(() => expect(asked).toContain(method));
  conversation.fresh();
  answer();
  await loading;
  expect([conversation.session.value, conversation.agent.value, conversation.phase.value]).toEqual(["", "", "ready"]);
  expect(conversation.entries.value).toEqual([]);
});

it("is shown with its turns and who answers", async () => {
  localStorage.setItem("kefu.session", "sessions/one");
  const { conversation } = server();
  await conversation.load();
  expect([conversation.session.value, conversation.agent.value, conversation.phase.value]).toEqual(["sessions/one", "Mei", "ready"]);
  expect(conversation.entries.value.map(({ question }) => question)).toEqual(["Where is it?"]);
  conversation.fresh();
});

it("shows a hand-over's message in place of the answer that it withdraws", async () => {
  let told = () => {};
  const seen = new Promise<void>((resolve) => (told = resolve));
  const service: Partial<ServiceImpl<typeof ChatService>> = {
    async *converse() {
      yield event("turnStarted", { session: "sessions/one", turn: "sessions/one/turns/b" });
      yield event("textDelta", { offset: 0n, text: "You can still cancel" });
      await seen;
      yield event("handoff", { message: "A colleague will help you." });
      yield event("turnCompleted", { finishReason: FinishReason.HANDOFF });
    },
    async *watchSession(_request, { signal }) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };
  const client = createClient(ChatService, createRouterTransport(({ service: add }) => void add(ChatService, service)));
  const page = new Conversation(client, []);
  const sent = page.send("Can I cancel?");
  await vi.waitFor(() => expect(page.entries.value[0]?.text.value).toBe("You can still cancel"));
  told();
  await sent;
  const [entry] = page.entries.value;
  expect([entry?.text.value, entry?.withdrawn.value]).toEqual(["A colleague will help you.", true]);
  expect(announced.value.map(({ text }) => text)).toContain("A colleague will help you.");
  page.fresh();
});

it("leaves no listener behind when waiting for a hidden page is given up", async () => {
  vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  const added = vi.spyOn(document, "addEventListener");
  const removed = vi.spyOn(document, "removeEventListener");
  const leaving = new AbortController();
  const waiting = untilVisible(leaving.signal);
  leaving.abort(new Error("left"));
  await expect(waiting).rejects.toThrow("left");
  await expect(untilVisible(leaving.signal)).rejects.toThrow("left");
  const kept = added.mock.calls.filter(([, listener]) => !removed.mock.calls.some(([, gone]) => gone === listener));
  expect(kept).toEqual([]);
});

/** What the page says of who answered, in the order of its lines. */
function lines({ entries, state, agent, holders }: Conversation): string[] {
  const who = answerers(entries.value, state.value, agent.value, true, holders.value.then);
  const change = (one: { person: string | null } | null | undefined) => (one ? [one.person === null ? "[Kefu again]" : `[${one.person} joined]`] : []);
  const said = entries.value.flatMap((entry) => [
    ...change(who.changes.get(entry.key)),
    ...(entry.question ? [entry.question] : []),
    ...(who.receivers.has(entry.key) ? [`(to ${who.receivers.get(entry.key)})`] : []),
    ...change(who.givenBack.has(entry.key) ? { person: null } : null),
    ...(entry.text.value ? [entry.text.value] : []),
  ]);
  return [...said, ...change(who.last)];
}

it("says in its order who answered, while it happens and after a reload", async () => {
  const scripted = new Scripted();
  const client = createClient(ChatService, createRouterTransport(({ service: add }) => void add(ChatService, scripted.service)));
  const live = new Conversation(client, []);
  await live.send("A person, please");
  const name = live.session.value;
  const has = (page: Conversation, state: Session_State, agent: string) => vi.waitFor(() => expect([page.state.value, page.agent.value]).toEqual([state, agent]));
  scripted.change(name, Session_State.HUMAN, "Ann");
  await has(live, Session_State.HUMAN, "Ann");
  await live.send("My lamp is broken");
  scripted.change(name, Session_State.HUMAN, "小波");
  await has(live, Session_State.HUMAN, "小波");
  scripted.reply(name, "小波", "您好！");
  await vi.waitFor(() => expect(lines(live)).toContain("您好！"));
  await live.send("Is the return free?");
  await vi.waitFor(() => expect(live.holders.value.then.size).toBe(2));
  const before = [
    ...["A person, please", "Of course. I'm passing you on to a colleague; one moment, please."],
    ...["[Ann joined]", "My lamp is broken", "(to Ann)", "[小波 joined]", "您好！", "Is the return free?"],
  ];
  expect(lines(live)).toEqual([...before, "(to 小波)"]);
  scripted.giveBack(name, "Yes, it is free.");
  await vi.waitFor(() => expect(lines(live)).toEqual([...before, "[Kefu again]", "Yes, it is free."]));

  const told = announced.value.length;
  const reloaded = new Conversation(client, []);
  await reloaded.load();
  await vi.waitFor(() => expect(lines(reloaded)).toEqual(lines(live)));
  expect(announced.value.length).toBe(told); // what is told again was said before
  live.fresh();
  reloaded.fresh();
});
