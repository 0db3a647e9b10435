import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport, type ServiceImpl } from "@connectrpc/connect";
import { Kefu, KefuError } from "@kefu/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  ChatService,
  FinishReason,
  Handoff_Reason,
  Rating,
  Session_State,
  SessionEventSchema,
} from "../src/gen/kefu/router/v1/chat_pb.js";
import { Scripted, event } from "./scripted.ts";

function over(service: Partial<ServiceImpl<typeof ChatService>>): Kefu {
  return new Kefu({ baseUrl: "", transport: createRouterTransport(({ service: add }) => void add(ChatService, service)) });
}

function refusal(reason: string, code: Code, seconds = 0): ConnectError {
  const error = new ConnectError("Not now.", code);
  const info = new TextEncoder().encode(reason);
  error.details = [{ type: "google.rpc.ErrorInfo", value: Uint8Array.from([10, info.length, ...info]) }];
  if (seconds) error.details.push({ type: "google.rpc.RetryInfo", value: Uint8Array.from([10, 2, 8, seconds]) });
  return error;
}

// Waits between two tries are over at once; none of these tests is about how long they are.
beforeEach(() => {
  const real = setTimeout;
  vi.stubGlobal("setTimeout", (run: () => void, wait = 0) => real(run, wait > 40_000 ? wait : 0));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("the client", () => {
  it("has the whole answer, its citations and its session", async () => {
    const scripted = new Scripted();
    const kefu = over(scripted.service);
    const texts: string[] = [];
    const answer = await kefu.ask("How long may I return goods?", { onText: (text) => texts.push(text) });
    expect(answer.text).toContain("within 15 days of delivery");
    expect(texts.at(-1)).toBe(answer.text);
    expect(answer.finishReason).toBe(FinishReason.STOP);
    expect(answer.citations.map(({ title }) => title)).toContain("Returns and refunds");
    const handed = await kefu.ask("A person, please.", { session: answer.session });
    expect(handed.handoff?.reason).toBe(Handoff_Reason.CUSTOMER_ASKED);
    expect(handed.text).toBe(handed.handoff?.message);
    await kefu.rate(answer.turn, Rating.UP);
    const turns = [];
    for await (const turn of kefu.turns(answer.session)) turns.push(turn);
    expect(turns.map(({ rating }) => rating)).toEqual([Rating.UP, Rating.UNSPECIFIED]);
    expect((await kefu.getSession(answer.session)).state).toBe(Session_State.WAITING);
    await kefu.deleteSession(answer.session);
    await expect(kefu.getSession(answer.session)).rejects.toMatchObject({ name: "KefuError", code: Code.NotFound });
  });

  it("names the address where nobody answers, and not fetch's own words", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("fetch failed")));
    const kefu = new Kefu({ baseUrl: "http://127.0.0.1:1/chat" });
    const unreached = { name: "KefuError", code: Code.Unavailable, message: expect.stringMatching(/^Nobody answers at http:\/\/127\.0\.0\.1:1\./) };
    await expect(kefu.ask("Hello?")).rejects.toMatchObject(unreached);
    await expect(kefu.getSession("sessions/s")).rejects.toMatchObject(unreached);
    vi.stubGlobal("fetch", () => Promise.reject(new DOMException("It was left.", "AbortError")));
    await expect(kefu.getSession("sessions/s")).rejects.not.toMatchObject(unreached);
  });

  it("asks again when the server says so, and under the same id", async () => {
    const ids: string[] = [];
    const kefu = over({
      async *converse({ requestId }) {
        ids.push(requestId);
        if (ids.length === 1) throw refusal("OVERLOADED", Code.ResourceExhausted, 7);
        yield event("turnStarted", { session: "sessions/s", turn: "sessions/s/turns/t" });
        yield event("textDelta", { offset: 0n, text: "Hello" });
        yield event("turnCompleted", { finishReason: FinishReason.STOP });
      },
    });
    expect((await kefu.ask("Hi")).text).toBe("Hello");
    expect(ids[0]).toBe(ids[1]);
  });

  it("tells what the server said of a refusal, with its reason", async () => {
    let calls = 0;
    const kefu = over({
      async *converse() {
        calls += 1;
        yield* [];
        throw refusal("UNAUTHENTICATED", Code.Unauthenticated);
      },
      getSession: () => {
        throw refusal("TENANT_LIMIT", Code.ResourceExhausted, 60);
      },
    });
    const lost: boolean[] = [];
    const refused = kefu.ask("Hi", { onReconnecting: (is) => lost.push(is) });
    await expect(refused).rejects.toBeInstanceOf(KefuError);
    await expect(refused).rejects.toMatchObject({ reason: "UNAUTHENTICATED", code: Code.Unauthenticated });
    expect(calls).toBe(2); // once more, as a visitor's token may have expired
    expect(lost).toEqual([]); // a refused token is no lost connection
    await expect(kefu.getSession("sessions/s")).rejects.toMatchObject({ reason: "TENANT_LIMIT", retryAfter: 60_000 });
  });

  it("makes a lost call that is no stream again", async () => {
    let calls = 0;
    const kefu = over({
      stopTurn: () => {
        calls += 1;
        if (calls < 3) throw new ConnectError("gone", Code.Unavailable);
        return {};
      },
    });
    await kefu.stop("sessions/s/turns/t");
    expect(calls).toBe(3);
  });

  it("watches on where a watch was lost, and misses nothing before its first event", async () => {
    const asked: string[] = [];
    const kefu = over({
      getSession: () => ({ session: { name: "sessions/s", lastEvent: "4" } }),
      async *watchSession({ after }) {
        asked.push(after);
        if (asked.length === 1) throw new ConnectError("gone", Code.Unavailable);
        yield create(SessionEventSchema, { id: String(Number(after) + 1), event: { case: "missed", value: {} } });
      },
    });
    const ids: string[] = [];
    for await (const { id } of kefu.watch("sessions/s")) {
      ids.push(id);
      if (ids.length === 3) break;
    }
    expect(ids).toEqual(["5", "6", "7"]);
    expect(asked).toEqual(["4", "4", "5", "6"]);
  });

  it("watches on with a fresh token whenever one has ended, and gives up when that is refused too", async () => {
    let [now, calls] = [0, 0];
    vi.spyOn(Date, "now").mockImplementation(() => now);
    const kefu = over({
      async *watchSession() {
        yield* [];
        calls += 1;
        if (calls < 5) now += 3_600_000; // a quiet conversation: it lasts as long as its token
        throw refusal("UNAUTHENTICATED", Code.Unauthenticated);
      },
    });
    const watching = kefu.watch("sessions/s", "7").next();
    await expect(watching).rejects.toMatchObject({ code: Code.Unauthenticated });
    expect(calls).toBe(5);
  });
});
