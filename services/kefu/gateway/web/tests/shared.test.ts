import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Sentences } from "../src/chat/announce.ts";
import { authorized, backoff, failureOf } from "@kefu/client";
import { ChatService } from "../src/gen/kefu/router/v1/chat_pb.js";
import { contrast, legible, parse } from "../src/shared/accent.ts";
import { NoVisitors, visitor } from "../src/shared/auth.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

function gateway(...answers: [number, object][]) {
  const asked: (string | null)[] = [];
  vi.stubGlobal("fetch", (_url: string, init: RequestInit) => {
    asked.push(new Headers(init.headers).get("authorization"));
    const [status, body] = answers.shift() ?? [500, {}];
    return Promise.resolve(new Response(JSON.stringify(body), { status, headers: { "retry-after": "7" } }));
  });
  return asked;
}

describe("a visitor", () => {
  it("is asked for once, kept, and the same after a reload", async () => {
    const asked = gateway([200, { token: "one", expires_in: 900 }]);
    const first = visitor("");
    expect(await Promise.all([first.token(), first.token()])).toEqual(["one", "one"]);
    expect(await visitor("").token()).toBe("one");
    expect(asked).toEqual([null]);
  });

  it("is renewed with the old token once it was refused, and a new one when it is forgotten", async () => {
    const asked = gateway([200, { token: "one", expires_in: 900 }], [401, {}], [200, { token: "two", expires_in: 900 }]);
    const who = visitor("");
    who.refused(await who.token());
    expect(await who.token()).toBe("two");
    expect(asked).toEqual([null, "Bearer one", null]);
  });

  it("may not be had, and says when to come back", async () => {
    gateway([429, {}]);
    const error = await visitor("").token().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NoVisitors);
    expect(failureOf(error)).toMatchObject({ code: Code.ResourceExhausted, retryAfter: 7000 });
  });
});

describe("calls", () => {
  it("carry the token, and a refused unary call is made once more", async () => {
    const tokens: (string | null)[] = [];
    const transport = createRouterTransport(
      ({ service }) =>
        void service(ChatService, {
          stopTurn: (_request, context) => {
            tokens.push(context.requestHeader.get("authorization"));
            if (tokens.length === 1) throw new ConnectError("expired", Code.Unauthenticated);
            return {};
          },
        }),
      { transport: { interceptors: [authorized(fakeCredentials())] } },
    );
    await createClient(ChatService, transport).stopTurn({ turn: "t" });
    expect(tokens).toEqual(["Bearer 0", "Bearer 1"]);
  });

  it("that fail tell the reason, its metadata and when to try again", () => {
    const info = Uint8Array.from([
      ...[10, 4, ...new TextEncoder().encode("BUSY")],
      ...[26, 6, 10, 1, 107, 18, 1, 118], // metadata {"k": "v"}
    ]);
    const error = new ConnectError("busy", Code.Aborted);
    error.details = [
      { type: "google.rpc.ErrorInfo", value: info },
      { type: "google.rpc.RetryInfo", value: Uint8Array.from([10, 2, 8, 2]) },
    ];
    expect(failureOf(error)).toMatchObject({ reason: "BUSY", metadata: { k: "v" }, retryAfter: 2000, message: "busy" });
  });
});

describe("waiting", () => {
  it("grows, and never beyond eight seconds", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 20].map((attempt) => backoff(attempt, () => 1));
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
    expect(backoff(6, () => 0)).toBe(4000);
  });
});

describe("what is told aloud", () => {
  it("is whole sentences, each once", () => {
    const told: string[] = [];
    const sentences = new Sentences((text) => told.push(text));
    const text = "You can return goods within 15 days. [1] Then we send the money back";
    for (let end = 1; end <= text.length; end++) sentences.grown(text.slice(0, end));
    expect(told).toEqual(["You can return goods within 15 days."]);
    sentences.finished(text);
    expect(told).toEqual(["You can return goods within 15 days.", "Then we send the money back"]);
  });
});

describe("the accent", () => {
  it("is legible whatever was configured", () => {
    for (const color of ["#ffff00", "#ffffff", "#000000", "#ff0000", "#0b6e5f", "#7f7f7f"]) {
      expect(contrast(legible(parse(color)!, [241, 239, 235], [0, 0, 0]), [241, 239, 235])).toBeGreaterThanOrEqual(4.5);
      expect(contrast(legible(parse(color)!, [42, 42, 39], [255, 255, 255]), [42, 42, 39])).toBeGreaterThanOrEqual(4.5);
    }
    expect(parse("red; background: url(x)")).toBeNull();
  });
});

function fakeCredentials() {
  let number = 0;
  return { token: () => Promise.resolve(String(number)), refused: () => void number++ };
}
