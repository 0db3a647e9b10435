/**
 * A ChatService that plays what it is told, for the unit tests (createRouterTransport) and for `npm run scripted`, which
 * serves the pages without a suite. What it says is fixed; it keeps sessions in memory.
 */
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  AnswerSource,
  type ChatService,
  type ConverseEvent,
  ConverseEventSchema,
  FinishReason,
  Handoff_Reason,
  Rating,
  Session_State,
  type SessionEvent,
  SessionEventSchema,
  type SourcePassage,
  SourcePassageSchema,
  type Turn,
  TurnSchema,
  Turn_State,
} from "../src/gen/kefu/router/v1/chat_pb.js";

const bytes = (text: string) => new TextEncoder().encode(text).length;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export const PASSAGES: SourcePassage[] = [
  create(SourcePassageSchema, {
    number: 1,
    name: "collections/help/documents/returns/passages/1",
    title: "Returns and refunds",
    headings: ["Returns", "Periods"],
    text: "You may return most goods.\n\nGoods can be returned within 15 days of delivery, unused and in their packaging. Opened software is excluded.\n\nRefunds reach your account within 3 working days after we have received the parcel.",
    uri: "https://example.com/returns",
    language: "en",
    relevance: 0.93,
  }),
  create(SourcePassageSchema, {
    number: 2,
    name: "collections/help/documents/zh/passages/1",
    title: "退货与退款政策",
    headings: ["退货", "时限"],
    text: "自签收之日起 15 天内，未使用且包装完好的商品可以退货。已拆封的软件除外。\n\n收到退货后，退款将在 3 个工作日内退回原支付账户。",
    language: "zh",
    relevance: 0.9,
  }),
];

const EN = "You can return most goods **within 15 days of delivery**, unused and in their packaging. [1]\n\nThen:\n\n1. Open *My orders* and choose the order.\n2. Print the label and send the parcel. 📦\n3. Your refund arrives within 3 working days. [1]\n\n| Goods | Period |\n|---|---|\n| Most goods | 15 days |\n| Opened software | none |\n";
const ZH = "大部分商品可以在**签收之日起 15 天内**退货，前提是未使用且包装完好。[2]\n\n请按以下步骤操作：\n\n1. 打开“我的订单”，选择要退货的订单。\n2. 打印退货单并寄回。📦\n3. 退款将在 3 个工作日内退回。[2]\n";

export class Scripted {
  readonly sessions = new Map<string, { state: Session_State; agent: string; turns: Turn[]; events: SessionEvent[] }>();
  /** Milliseconds between two pieces of an answer. */
  pace = 0;
  private readonly waiting = new Set<() => void>();
  private readonly stopped = new Set<string>();

  readonly service: Partial<ServiceImpl<typeof ChatService>> = {
    converse: (request) => this.converse(request),
    resumeTurn: (request) => this.resume(request.turn, Number(request.offset)),
    stopTurn: (request) => {
      this.stopped.add(request.turn);
      return {};
    },
    getSession: ({ name }) => {
      const session = this.session(name);
      return { session: { name, state: session.state, agent: session.agent, lastEvent: String(session.events.length) } };
    },
    listTurns: ({ session, latestFirst }) => {
      const turns = [...this.session(session).turns];
      return { turns: latestFirst ? turns.reverse() : turns };
    },
    deleteSession: ({ name }) => {
      this.session(name);
      this.sessions.delete(name);
      this.wake();
      return {};
    },
    rateTurn: ({ turn, rating, comment }) => {
      const stored = this.turn(turn);
      stored.rating = rating;
      stored.ratingComment = comment;
      return {};
    },
    watchSession: ({ session, after }, context) => this.watch(session, Number(after || "0"), context.signal),
  };

  /** A person joins, or leaves. */
  change(name: string, state: Session_State, agent = ""): void {
    const session = this.session(name);
    session.state = state;
    session.agent = agent;
    this.emit(name, { case: "stateChanged", value: { state, agent } });
  }

  /** A person writes. */
  reply(name: string, agent: string, text: string): void {
    const turn = create(TurnSchema, {
      name: `${name}/turns/${crypto.randomUUID()}`,
      state: Turn_State.FINISHED,
      text,
      agent,
      completed: { finishReason: FinishReason.STOP, source: AnswerSource.PERSON },
    });
    this.session(name).turns.push(turn);
    this.emit(name, { case: "turnStored", value: turn });
  }

  /** The conversation is given back, and the last message for the person answered, in its turn. */
  giveBack(name: string, text: string): void {
    this.change(name, Session_State.RETURNED);
    const turn = [...this.session(name).turns].reverse().find((one) => one.completed?.finishReason === FinishReason.HUMAN)!;
    turn.text = text;
    turn.completed = completed({ finishReason: FinishReason.STOP, source: AnswerSource.EXTRACTIVE });
    this.emit(name, { case: "turnStored", value: turn });
  }

  private session(name: string) {
    const session = this.sessions.get(name);
    if (!session) throw new ConnectError("There is no such session.", Code.NotFound);
    return session;
  }

  private turn(name: string): Turn {
    const turn = this.session(name.split("/turns/")[0] ?? "").turns.find((one) => one.name === name);
    if (!turn) throw new ConnectError("There is no such turn.", Code.NotFound);
    return turn;
  }

  private emit(name: string, event: object): void {
    const session = this.session(name);
    session.events.push(create(SessionEventSchema, { id: String(session.events.length + 1), event: event as never }));
    this.wake();
  }

  private wake(): void {
    for (const awaken of this.waiting) awaken();
    this.waiting.clear();
  }

  private async *watch(name: string, after: number, signal: AbortSignal): AsyncGenerator<SessionEvent> {
    for (let at = after; !signal.aborted; ) {
      const events = this.session(name).events;
      while (at < events.length) yield events[at++]!;
      await new Promise<void>((resolve) => {
        this.waiting.add(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  private async *converse(request: { session: string; text: string; requestId: string }): AsyncGenerator<ConverseEvent> {
    const name = request.session === "sessions/-" ? `sessions/${crypto.randomUUID()}` : request.session;
    if (request.session === "sessions/-") {
      this.sessions.set(name, { state: Session_State.BOT, agent: "", turns: [], events: [] });
    }
    const session = this.session(name);
    if (/busy/.test(request.text)) {
      const delay = Uint8Array.from([10, 2, 8, 5]); // RetryInfo { retry_delay: 5 s }
      const error = new ConnectError("Too much is asked.", Code.ResourceExhausted);
      error.details = [{ type: "google.rpc.RetryInfo", value: delay }];
      throw error;
    }
    const zh = /\p{Script=Han}/u.test(request.text);
    const turn = create(TurnSchema, {
      name: `${name}/turns/${crypto.randomUUID()}`,
      requestId: request.requestId,
      question: request.text,
      language: zh ? "zh" : "en",
      state: Turn_State.RUNNING,
    });
    session.turns.push(turn);
    yield event("turnStarted", { session: name, turn: turn.name, language: turn.language });
    if (session.state === Session_State.HUMAN) {
      turn.state = Turn_State.FINISHED;
      turn.completed = completed({ finishReason: FinishReason.HUMAN });
      this.emit(name, { case: "turnStored", value: turn });
      yield event("turnCompleted", turn.completed);
      return;
    }
    if (/person|人工/.test(request.text)) {
      const message = zh ? "好的，正在为您转接人工客服，请稍候。" : "Of course. I'm passing you on to a colleague; one moment, please.";
      const handoff = { reason: Handoff_Reason.CUSTOMER_ASKED, message, summary: "…" };
      yield event("handoff", handoff);
      turn.text = message;
      turn.state = Turn_State.FINISHED;
      turn.completed = completed({ finishReason: FinishReason.HANDOFF, source: AnswerSource.CANNED, textBytes: BigInt(bytes(message)) });
      session.state = Session_State.WAITING;
      yield event("turnCompleted", turn.completed);
      this.emit(name, { case: "stateChanged", value: { state: Session_State.WAITING, agent: "" } });
      return;
    }
    turn.passages = PASSAGES;
    yield event("passagesFound", { passages: PASSAGES });
    yield* this.write(turn, 0, zh ? ZH : EN);
    this.emit(name, { case: "turnStored", value: turn });
  }

  private async *resume(name: string, offset: number): AsyncGenerator<ConverseEvent> {
    const turn = this.turn(name);
    yield event("turnStarted", { session: name.split("/turns/")[0] ?? "", turn: name, replayed: true });
    yield* this.write(turn, offset, turn.language === "zh" ? ZH : EN);
  }

  private async *write(turn: Turn, from: number, text: string): AsyncGenerator<ConverseEvent> {
    const number = turn.language === "zh" ? 2 : 1;
    let offset = 0;
    for (const piece of text.match(/[\s\S]{1,6}/gu) ?? []) {
      if (this.stopped.has(turn.name)) break;
      if (offset >= from) {
        if (this.pace) await sleep(this.pace);
        yield event("textDelta", { offset: BigInt(offset), text: piece });
      }
      offset += bytes(piece);
      turn.text = text.slice(0, turn.text.length + piece.length);
    }
    const stopped = this.stopped.has(turn.name);
    const ends = stopped ? [] : [...text.matchAll(/\[\d\]/g)].map((found) => bytes(text.slice(0, found.index).trimEnd()));
    const evidence =
      number === 2
        ? ["自签收之日起 15 天内，未使用且包装完好的商品可以退货。", "收到退货后，退款将在 3 个工作日内退回原支付账户。"]
        : [
            "Goods can be returned within 15 days of delivery, unused and in their packaging.",
            "Refunds reach your account within 3 working days after we have received the parcel.",
          ];
    turn.state = Turn_State.FINISHED;
    turn.completed = completed({
      finishReason: stopped ? FinishReason.STOPPED : FinishReason.STOP,
      source: AnswerSource.GENERATED,
      textBytes: BigInt(offset),
      citations: ends.map((end, index) => ({
        start: BigInt(index ? ends[index - 1]! : 0),
        end: BigInt(end),
        number,
        passage: PASSAGES[number - 1]!.name,
        title: PASSAGES[number - 1]!.title,
      })),
      supports: ends.map((end, index) => ({
        start: BigInt(index ? ends[index - 1]! : 0),
        end: BigInt(end),
        number,
        share: 0.9,
        evidence: evidence[index]!,
      })),
    });
    yield event("turnCompleted", turn.completed);
  }
}

export function event<Case extends string>(name: Case, value: object): ConverseEvent {
  return create(ConverseEventSchema, { event: { case: name, value } as never });
}

function completed(init: object) {
  return create(TurnSchema, { completed: init as never }).completed!;
}

export { Rating };
