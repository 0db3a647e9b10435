import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport, type ServiceImpl } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AnswerText, KefuError, type Question, byteLength, followTurn } from "@kefu/client";
import {
  ChatService,
  FinishReason,
  type ResumeTurnRequest,
  ResumeTurnRequestSchema,
} from "../src/gen/kefu/router/v1/chat_pb.js";
import { event } from "./scripted.ts";

const TURN = "sessions/s/turns/t";
const QUESTION: Question = { session: "sessions/-", text: "hi", requestId: "r", supersede: false, collections: [] };
const started = () => event("turnStarted", { session: "sessions/s", turn: TURN });
const completed = () => event("turnCompleted", { finishReason: FinishReason.STOP });
const delta = (offset: number, text: string) => event("textDelta", { offset: BigInt(offset), text });
const lost = () => new ConnectError("gone", Code.Unavailable);

function follow(service: Partial<ServiceImpl<typeof ChatService>>, signal = new AbortController().signal) {
  const client = createClient(ChatService, createRouterTransport(({ service: add }) => void add(ChatService, service)));
  const answer = new AnswerText();
  const lines: boolean[] = [];
  const texts: string[] = [];
  const sink = {
    started: () => {},
    passages: () => {},
    text: () => texts.push(answer.text),
    handoff: () => {},
    reconnecting: (is: boolean) => lines.push(is),
  };
  const done = followTurn(client, QUESTION, answer, sink, signal);
  done.catch(() => {}); // a test awaits it later
  return { answer, lines, texts, done };
}

// Waits between two tries are over at once; none of these tests is about how long they are.
beforeEach(() => {
  const real = setTimeout;
  vi.stubGlobal("setTimeout", (run: () => void, wait = 0) => real(run, wait > 20_000 ? wait : 0));
});
afterEach(() => vi.unstubAllGlobals());

describe("a turn", () => {
  it("is taken up from the byte reached, and no piece comes twice", async () => {
    const resumed: ResumeTurnRequest[] = [];
    const { answer, lines, done } = follow({
      async *converse() {
        yield started();
        yield delta(0, "退货😀 ");
        throw lost();
      },
      async *resumeTurn(request) {
        resumed.push(create(ResumeTurnRequestSchema, request));
        yield started();
        yield delta(11, "15 天");
        yield completed();
      },
    });
    await done;
    expect(answer.text).toBe("退货😀 15 天");
    expect(resumed.map(({ turn, offset }) => [turn, offset])).toEqual([[TURN, 11n]]);
    expect(lines).toEqual([true, false]);
  });

  it("is replaced where another router said something else", async () => {
    const { answer, done } = follow({
      async *converse() {
        yield started();
        yield delta(0, "Within 30 days");
        throw lost();
      },
      async *resumeTurn() {
        yield started();
        yield delta(7, "15 days");
        yield completed();
      },
    });
    await done;
    expect(answer.text).toBe("Within 15 days");
  });

  it("that is handed over withdraws what was said before", async () => {
    const { answer, texts, done } = follow({
      async *converse() {
        yield started();
        yield delta(0, "You can still cancel");
        yield event("handoff", { message: "A colleague will help you." });
        yield completed();
      },
    });
    await done;
    expect([answer.text, answer.bytes]).toEqual(["", 0]);
    expect(texts).toEqual(["You can still cancel", ""]);
  });

  it("is resumed when a piece is missing, and when a stream ends without its last event", async () => {
    const offsets: bigint[] = [];
    const { answer, done } = follow({
      async *converse() {
        yield started();
        yield delta(0, "one ");
        yield delta(9, "three");
      },
      async *resumeTurn({ offset }) {
        offsets.push(offset);
        yield started();
        if (offsets.length === 1) yield delta(4, "two ");
        else {
          yield delta(8, "three");
          yield completed();
        }
      },
    });
    await done;
    expect(answer.text).toBe("one two three");
    expect(offsets).toEqual([4n, 8n]);
  });

  it("that cannot be resumed is asked again under its own id", async () => {
    const ids: string[] = [];
    const { answer, done } = follow({
      async *converse({ requestId }) {
        ids.push(requestId);
        yield started();
        yield delta(0, "Again");
        if (ids.length === 1) throw lost();
        yield completed();
      },
      async *resumeTurn() {
        yield* [];
        throw new ConnectError("no such turn", Code.NotFound);
      },
    });
    await done;
    expect(answer.text).toBe("Again");
    expect(ids).toEqual(["r", "r"]);
  });

  it("begins at 0 when more is held than there is", async () => {
    const offsets: bigint[] = [];
    const { answer, done } = follow({
      async *converse() {
        yield started();
        yield delta(0, "Too much was said");
        throw lost();
      },
      async *resumeTurn({ offset }) {
        offsets.push(offset);
        if (offset > 0n) throw new ConnectError("beyond", Code.OutOfRange);
        yield started();
        yield delta(0, "Little");
        yield completed();
      },
    });
    await done;
    expect(answer.text).toBe("Little");
    expect(offsets).toEqual([BigInt(byteLength("Too much was said")), 0n]);
  });

  it("fails with what the server said when trying again would not help", async () => {
    let calls = 0;
    const { done } = follow({
      async *converse() {
        calls += 1;
        yield* [];
        throw new ConnectError("closed", Code.FailedPrecondition);
      },
    });
    await expect(done).rejects.toBeInstanceOf(KefuError);
    expect(calls).toBe(1);
  });

  it("is given up after several tries, not at the first", async () => {
    let calls = 0;
    const { done } = follow({
      async *converse() {
        calls += 1;
        yield* [];
        throw lost();
      },
    });
    await expect(done).rejects.toBeInstanceOf(KefuError);
    expect(calls).toBeGreaterThan(3);
  });

  it("ends at once when its signal does", async () => {
    const controller = new AbortController();
    const { done } = follow(
      {
        async *converse(_request, context) {
          yield started();
          await new Promise((_, reject) => context.signal.addEventListener("abort", () => reject(lost())));
        },
      },
      controller.signal,
    );
    setTimeout(() => controller.abort(new Error("enough")), 1);
    await expect(done).rejects.toThrow("enough");
  });
});
