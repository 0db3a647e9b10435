/** A company in memory, behind the contract's services: for tests, and to look at the console without any service. */

import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createRouterTransport, type Transport } from "@connectrpc/connect";

import {
  Audience,
  type CuratedAnswer,
  CuratedAnswerSchema,
  type Document,
  DocumentSchema,
  KnowledgeService,
  PassageSchema,
} from "../../src/gen/kefu/retrieval/v1/knowledge_pb.ts";
import { AdminService, type SettingsRevision, TenantSettingsSchema } from "../../src/gen/kefu/router/v1/admin_pb.ts";
import { AuditEntrySchema, AuditService } from "../../src/gen/kefu/router/v1/audit_pb.ts";
import {
  AnswerSource,
  ChatService,
  FinishReason,
  type Handoff,
  Handoff_Reason,
  Handoff_Sentiment,
  Handoff_Slot_Kind,
  HandoffSchema,
  Session_State,
  type SessionEvent,
  SessionEventSchema,
  SessionSchema,
  type Turn,
  Turn_State,
  TurnSchema,
} from "../../src/gen/kefu/router/v1/chat_pb.ts";
import { type Agent, AgentSchema, type Conversation, ConversationSchema, type DeskEvent, DeskEventSchema, DeskService, ReturnSessionRequest_To } from "../../src/gen/kefu/router/v1/desk_pb.ts";
import { type VerifiedCustomer, VerifiedCustomer_Method, VerifiedCustomerSchema } from "../../src/gen/kefu/router/v1/identity_pb.ts";
import { InsightService, NumbersSchema, type UnansweredGroup, UnansweredGroupSchema, UnansweredQuestionSchema } from "../../src/gen/kefu/router/v1/insight_pb.ts";
import { Delivery_State, DeliverySchema, WebhookEvent, WebhookSchema, WebhookService } from "../../src/gen/kefu/router/v1/webhook_pb.ts";
import { ExperimentBench } from "./experiment_bench.ts";
import { GoldenShelf } from "./golden_shelf.ts";
import { ProcedureShelf } from "./procedure_shelf.ts";
import { ReviewShelf } from "./review_shelf.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A failure as the services tell it: google.rpc.ErrorInfo among the details. */
export function refusal(code: Code, reason: string, metadata: Record<string, string> = {}): ConnectError {
  const error = new ConnectError(`${reason}: said by a test.`, code);
  error.details.push({ type: "google.rpc.ErrorInfo", value: errorInfo(reason, metadata) });
  return error;
}

/** A failure that names a field, as the services tell it. */
export function badRequest(field: string, description: string): ConnectError {
  const error = new ConnectError(`${field}: ${description}`, Code.InvalidArgument);
  error.details.push({ type: "google.rpc.ErrorInfo", value: errorInfo("BAD_REQUEST", {}) });
  const [name, said] = [field, description].map((text) => new TextEncoder().encode(text));
  const violation = [(1 << 3) | 2, name!.length, ...name!, (2 << 3) | 2, said!.length, ...said!];
  error.details.push({ type: "google.rpc.BadRequest", value: Uint8Array.of((1 << 3) | 2, violation.length, ...violation) });
  return error;
}

function errorInfo(reason: string, metadata: Record<string, string>): Uint8Array {
  const text = (field: number, value: string | Uint8Array) => {
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
    return Uint8Array.of((field << 3) | 2, bytes.length, ...bytes);
  };
  const entries = Object.entries(metadata).map(([key, value]) => text(3, Uint8Array.of(...text(1, key), ...text(2, value))));
  return Uint8Array.of(...text(1, reason), ...entries.flatMap((entry) => [...entry]));
}

/** Five entries of an audit log, one of them changed so that it cannot be read. */
function auditEntries(now: number) {
  const entry = (sequence: number, action: string, more: object) =>
    create(AuditEntrySchema, {
      sequence: BigInt(sequence),
      time: timestampFromMs(now - sequence * HOUR),
      actor: "tenants/songlu/keys/0a1b2c3d4e5f",
      action,
      outcome: "OK",
      address: "203.0.113.7",
      addressFrom: "gateway",
      hash: `hash-${sequence}`,
      json: `{"action":"${action}","hash":"hash-${sequence}"}`,
      ...more,
    });
  return [
    entry(5, "key.create", { target: "tenants/songlu/keys/77aa", details: { scopes: "chat knowledge" } }),
    entry(4, "desk.claim", { target: "sessions/1", actor: "tenants/songlu/users/user-1", actorName: "Ann Chen", address: "10.0.0.9", addressFrom: "peer" }),
    create(AuditEntrySchema, { hash: "hash-3", json: '{"unreadable":"x","hash":"hash-3"}' }),
    entry(2, "key.create", { target: "tenants/default/keys", outcome: "TENANT_NOT_FOUND" }),
    entry(1, "documents.import", { target: "collections/help", details: { created: "12" } }),
  ];
}

/** Events to whoever listens now. */
class Channel<Event> {
  readonly #listeners = new Set<(event: Event) => void>();

  tell(event: Event): void {
    for (const listener of this.#listeners) listener(event);
  }

  async *listen(signal: AbortSignal): AsyncGenerator<Event> {
    const waiting: Event[] = [];
    let wake = () => {};
    const listener = (event: Event) => {
      waiting.push(event);
      wake();
    };
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => wake());
    try {
      while (!signal.aborted) {
        const event = waiting.shift();
        if (event !== undefined) yield event;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.#listeners.delete(listener);
    }
  }
}

interface Held {
  conversation: Conversation;
  turns: Turn[];
  claim: bigint;
  events: Channel<SessionEvent>;
  lastEvent: number;
}

export class Company {
  readonly held = new Map<string, Held>();
  readonly desk = new Channel<DeskEvent>();
  readonly documents: Document[] = [];
  readonly curated: CuratedAnswer[] = [];
  curatedWarnings: string[] = [];
  readonly procedures = new ProcedureShelf(refusal);
  readonly experiments = new ExperimentBench();
  readonly reviews = new ReviewShelf();
  readonly golden = new GoldenShelf();
  groups: UnansweredGroup[] = [];
  /** Nobody at the desk is told of changes. */
  isSilent = false;
  agents: Agent[] = [];
  /** What is said to the next settings, in place of taking them. */
  settingsRefusal: ConnectError | null = null;
  trustRevision: SettingsRevision | undefined;
  auditFault = { brokenSequence: 3n, problem: "The entry was changed: its hash is another one." };
  settings = create(TenantSettingsSchema, { businessHours: ["Mon-Fri 09:00-18:00"], timeZone: "Asia/Shanghai" });
  /** Relevance of what a search finds, in the order of the hits' scores. */
  relevances = (_query: string): readonly number[] => [0.93, 0.61, 0.18];
  readonly #now = Date.now();
  #ids = 0;

  /** A conversation with its turns, each a customer's question and what was answered. */
  open(options: {
    turns: readonly (readonly [question: string, answer: string, source?: AnswerSource])[];
    handoff?: Handoff;
    waitingMinutes?: number;
    escalated?: boolean;
    agent?: string;
    mine?: boolean;
    language?: string;
    customer?: VerifiedCustomer;
    profile?: Record<string, string>;
  }): string {
    const name = `sessions/${this.#id()}`;
    const at = this.#now - (options.waitingMinutes ?? 5) * MINUTE;
    const turns = options.turns.map(([question, text, source = AnswerSource.GENERATED], index) =>
      create(TurnSchema, {
        name: `${name}/turns/${String(index).padStart(4, "0")}`,
        state: Turn_State.FINISHED,
        question,
        text,
        language: options.language ?? "en",
        createTime: timestampFromMs(at - (options.turns.length - index) * MINUTE),
        completed: { finishReason: FinishReason.STOP, source },
        ...(options.handoff && index === options.turns.length - 1 ? { handoff: options.handoff } : {}),
      }),
    );
    const state = options.agent ? Session_State.HUMAN : options.handoff ? Session_State.WAITING : Session_State.BOT;
    const conversation = create(ConversationSchema, {
      session: create(SessionSchema, {
        name,
        state,
        agent: options.agent ?? "",
        title: options.turns[0]?.[0].slice(0, 80) ?? "",
        turnCount: turns.length,
        createTime: timestampFromMs(at - 10 * MINUTE),
        updateTime: timestampFromMs(at),
        user: "",
        ...(options.customer ? { customer: options.customer } : {}),
        profile: options.profile ?? {},
      }),
      ...(options.handoff ? { handoff: options.handoff } : {}),
      language: options.language ?? "en",
      ...(options.waitingMinutes === undefined ? {} : { waitingSince: timestampFromMs(at) }),
      escalated: options.escalated ?? false,
      lastMessage: options.turns.at(-1)?.[0] ?? "",
      mine: options.mine ?? false,
    });
    this.held.set(name, { conversation, turns, claim: options.agent ? 1n : 0n, events: new Channel(), lastEvent: 1 });
    return name;
  }

  /** The customer writes; while a person holds the conversation nothing is answered. */
  customerWrites(name: string, text: string): void {
    const held = this.#held(name);
    this.#store(held, { question: text, completed: { finishReason: FinishReason.HUMAN } });
    held.conversation = create(ConversationSchema, { ...held.conversation, lastMessage: text, waitingSince: timestampFromMs(Date.now()) });
    this.#changed(held);
  }

  /** Somebody else takes the conversation. */
  /** What happens when whoever holds a conversation writes nothing for long. */
  lapse(name: string): void {
    this.#becomes(this.#held(name), Session_State.WAITING, "", false);
  }

  takenBy(name: string, agent: string): void {
    const held = this.#held(name);
    held.claim += 1n;
    this.#becomes(held, Session_State.HUMAN, agent, false);
  }

  transport(): Transport {
    return createRouterTransport((router) => {
      router.service(DeskService, {
        watchDesk: (request, { signal }) => this.#watchDesk(request.agent, signal),
        listConversations: (request) => ({
          conversations: [...this.held.values()].map((one) => one.conversation).filter((one) => request.states.includes(one.session!.state)),
        }),
        claimSession: (request) => {
          const held = this.#held(request.session);
          const { session, mine } = held.conversation;
          const taken = session!.state === Session_State.HUMAN;
          if (taken && !mine && !request.takeOver) throw refusal(Code.FailedPrecondition, "ALREADY_CLAIMED", { agent: session!.agent });
          if (!taken || !mine) held.claim += 1n;
          this.#becomes(held, Session_State.HUMAN, request.agent, true);
          return { conversation: held.conversation, claim: held.claim };
        },
        reply: (request) => {
          const held = this.#claimed(request.session, request.claim);
          const agent = held.conversation.session!.agent;
          const turn = this.#store(held, { text: request.text, agent, completed: { finishReason: FinishReason.STOP, source: AnswerSource.PERSON } });
          const { waitingSince: _waiting, ...others } = held.conversation;
          held.conversation = create(ConversationSchema, { ...others, lastMessage: request.text });
          this.#changed(held);
          return { turn };
        },
        returnSession: (request) => {
          const held = this.#claimed(request.session, request.claim);
          const states = { [ReturnSessionRequest_To.COLLEAGUE]: Session_State.WAITING, [ReturnSessionRequest_To.CLOSED]: Session_State.CLOSED } as Record<number, Session_State>;
          this.#becomes(held, states[request.to] ?? Session_State.RETURNED, "", false);
          return { conversation: held.conversation };
        },
      });
      router.service(ChatService, {
        getSession: (request) => {
          const held = this.#held(request.name);
          return { session: { ...held.conversation.session!, lastEvent: String(held.lastEvent) } };
        },
        listTurns: (request) => {
          const { turns } = this.#held(request.session);
          const to = Number(request.pageToken || turns.length); // the desk reads the latest first
          const from = Math.max(to - request.pageSize, 0);
          return { turns: turns.slice(from, to).reverse(), nextPageToken: from > 0 ? String(from) : "" };
        },
        watchSession: (request, { signal }) => this.#held(request.session).events.listen(signal),
      });
      router.service(InsightService, {
        getNumbers: (request) => this.#numbers(Number(request.startTime?.seconds ?? 0n) * 1000, Number(request.endTime?.seconds ?? 0n) * 1000),
        listUnanswered: () => ({ groups: this.groups, totalQuestions: this.groups.reduce((sum, group) => sum + group.count, 0) }),
        dismissUnanswered: (request) => {
          this.groups = this.groups.filter((group) => !request.turns.includes(group.central?.turn ?? ""));
          return { dismissed: request.turns.length };
        },
        listDocumentUse: (request) => ({
          documents: this.documents.slice(0, Math.min(6, request.pageSize)).map((one, index) => ({ document: one.name, citations: BigInt(420 - index * 63) })),
        }),
      });
      router.service(KnowledgeService, {
        listCollections: () => ({
          collections: [{ name: "collections/help", displayName: "Help centre", documentCount: this.documents.length, curatedAnswerCount: this.curated.length }],
        }),
        listDocuments: () => ({ documents: this.documents }),
        listPassages: (request) => {
          const document = this.documents.find((one) => one.name === request.document);
          if (document === undefined) throw refusal(Code.NotFound, "DOCUMENT_NOT_FOUND");
          return { passages: this.#passages(document).slice(0, request.pageSize || 50) };
        },
        deleteDocument: (request) => {
          const at = this.documents.findIndex((one) => one.name === request.name);
          if (at < 0) throw refusal(Code.NotFound, "DOCUMENT_NOT_FOUND");
          this.documents.splice(at, 1);
          return {};
        },
        listCuratedAnswers: () => ({ curatedAnswers: this.curated }),
        putCuratedAnswer: (request) => {
          const put = create(CuratedAnswerSchema, { ...request.curatedAnswer!, updateTime: timestampFromMs(Date.now()) });
          put.name ||= `collections/help/curatedAnswers/${this.#id()}`;
          const at = this.curated.findIndex((one) => one.name === put.name);
          if (at < 0) this.curated.push(put);
          else this.curated[at] = put;
          return { curatedAnswer: put, warnings: this.curatedWarnings };
        },
        deleteCuratedAnswer: (request) => {
          const at = this.curated.findIndex((one) => one.name === request.name);
          this.curated.splice(at, 1);
          return {};
        },
        search: (request) => this.#search(request.query),
      });
      this.procedures.register(router);
      this.experiments.register(router);
      this.reviews.register(router);
      this.golden.register(router);
      router.service(AdminService, {
        ...this.procedures.secretMethods(),
        listKeys: () => ({ keys: [{ name: "tenants/songlu/keys/0a1b", displayName: "Shop's key" }] }),
        getTenantSettings: () => ({ settings: this.settings, revision: 3n, trustRevision: this.trustRevision }),
        updateTenantSettings: ({ settings }) => {
          if (this.settingsRefusal) throw this.settingsRefusal;
          if (settings) this.settings = settings;
          return { revision: 4n };
        },
      });
      router.service(AuditService, {
        // As the service does: the latest first, and now and then a page without any entry.
        listAuditEntries: (request) => {
          if (request.pageToken === "") return { entries: [], nextPageToken: "2" };
          const all = auditEntries(this.#now).filter((entry) => entry.action.startsWith(request.action) && !(request.failed && entry.outcome === "OK"));
          const from = Number(request.pageToken) - 2;
          return { entries: all.slice(from, from + 3), nextPageToken: from + 3 < all.length ? String(from + 5) : "" };
        },
        verifyAudit: () => ({ entries: 2n, lastSequence: 2n, lastHash: "ab12", knownHashFound: true, ...this.auditFault }),
      });
      router.service(WebhookService, {
        listWebhooks: () => ({ webhooks: [create(WebhookSchema, { name: "webhooks/1", url: "https://helpdesk.example/kefu", events: [WebhookEvent.HANDOFF, WebhookEvent.RATING] })] }),
        listDeliveries: () => ({
          deliveries: [
            create(DeliverySchema, { name: "webhooks/1/deliveries/1", event: WebhookEvent.HANDOFF, state: Delivery_State.DELIVERED, attempts: 1, httpStatus: 204, createTime: timestampFromMs(this.#now) }),
            create(DeliverySchema, { name: "webhooks/1/deliveries/2", event: WebhookEvent.RATING, state: Delivery_State.FAILED, attempts: 12, httpStatus: 500, error: "HTTP 500", createTime: timestampFromMs(this.#now - DAY) }),
          ],
        }),
        createWebhook: (request) => ({ webhook: { name: "webhooks/2", url: request.url, events: request.events }, secret: "whsec_dGVzdA==" }),
      });
    });
  }

  async *#watchDesk(agent: string, signal: AbortSignal): AsyncGenerator<DeskEvent> {
    const events = this.desk.listen(signal);
    for (const { conversation } of this.held.values()) {
      if ([Session_State.WAITING, Session_State.HUMAN].includes(conversation.session!.state)) yield deskEvent({ case: "conversation", value: conversation });
    }
    if (!this.agents.some((one) => one.name === agent)) this.agents = [...this.agents, create(AgentSchema, { name: agent, conversations: 0 })];
    yield create(DeskEventSchema, { event: { case: "agents", value: { agents: this.agents } } });
    yield create(DeskEventSchema, { event: { case: "caughtUp", value: {} } });
    yield* events;
  }

  #numbers(from: number, to: number) {
    const hours = [];
    const total = { questions: 0, confirmed: 0, assumed: 0, reopened: 0, nothing: 0, asked: 0, up: 0, down: 0, replies: 0 };
    for (let time = Math.ceil(from / HOUR) * HOUR; time < to; time += HOUR) {
      const local = new Date(time).getHours();
      const busy = Math.max(0, Math.round(26 * Math.exp(-((local - 14) ** 2) / 24) + 6 * Math.sin(time / DAY)));
      if (busy === 0) continue;
      const [confirmed, reopened, nothing, asked] = [Math.round(busy * 0.2), Math.round(busy * 0.1), Math.round(busy * 0.08), Math.round(busy * 0.05)];
      const hour = { confirmed, reopened, nothing, asked, assumed: busy - confirmed - reopened - nothing - asked, up: confirmed, down: Math.round(busy * 0.04), replies: Math.round(busy * 0.12), questions: busy };
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += hour[key];
      hours.push(numbersOf(time, hour));
    }
    return { total: numbersOf(from, total), hours };
  }

  #passages(document: Document) {
    return [
      create(PassageSchema, { name: `${document.name}/passages/a`, title: document.title, headings: ["Time limit"], text: "You may return an article within 30 days of delivery. It must be unused." }),
      create(PassageSchema, { name: `${document.name}/passages/b`, title: document.title, headings: ["Refund"], text: "The money is back on your card within 5 working days of our receiving the parcel." }),
    ];
  }

  #search(query: string) {
    const texts = ["You may return an article within 30 days of delivery. It must be unused.", "The money is back on your card within 5 working days of our receiving the parcel.", "Delivery takes two to four working days."];
    return {
      queryLanguage: /[\u4e00-\u9fff]/.test(query) ? "zh" : "en",
      total: { seconds: 0n, nanos: 14_200_000 },
      hits: texts.map((text, index) => ({
        passage: { name: `collections/help/documents/d${index}/passages/a`, title: this.documents[index]?.title ?? "Returns", headings: ["Time limit"], text, language: "en" },
        score: 1.4 - index * 0.5,
        relevance: this.relevances(query)[index] ?? 0,
        signals: { cosine: 0.89 - index * 0.04, bm25: 11.2 - index * 4, coverage: 0.82 - index * 0.3, denseRank: index + 1, lexicalRank: index === 2 ? 0 : index + 1, headCosine: 0.86 - index * 0.1, minRelevance: 0.52 },
      })),
      ...(this.curated[0]
        ? { curatedMatch: { curatedAnswer: this.curated[0], question: this.curated[0].questions[0] ?? "", cosine: 0.941, leastCosine: 0.92, applies: false, reason: "OTHER_WORDS", questionWords: ["lose"], queryWords: ["use"] } }
        : {}),
    };
  }

  #becomes(held: Held, state: Session_State, agent: string, mine: boolean): void {
    const session = create(SessionSchema, { ...held.conversation.session!, state, agent });
    held.conversation = create(ConversationSchema, { ...held.conversation, session, mine, escalated: false });
    held.lastEvent += 1;
    held.events.tell(create(SessionEventSchema, { id: String(held.lastEvent), event: { case: "stateChanged", value: { state, agent } } }));
    this.#changed(held);
  }

  #changed(held: Held): void {
    if (!this.isSilent) this.desk.tell(deskEvent({ case: "conversation", value: held.conversation }));
  }

  #store(held: Held, fields: Partial<Pick<Turn, "question" | "text" | "agent">> & { completed: { finishReason: FinishReason; source?: AnswerSource } }): Turn {
    const turn = create(TurnSchema, {
      ...fields,
      name: `${held.conversation.session!.name}/turns/${String(held.turns.length).padStart(4, "0")}`,
      state: Turn_State.FINISHED,
      createTime: timestampFromMs(Date.now()),
    });
    held.turns.push(turn);
    held.lastEvent += 1;
    held.events.tell(create(SessionEventSchema, { id: String(held.lastEvent), event: { case: "turnStored", value: turn } }));
    return turn;
  }

  #claimed(name: string, claim: bigint): Held {
    const held = this.#held(name);
    if (held.claim !== claim || held.conversation.session!.state !== Session_State.HUMAN) throw refusal(Code.Aborted, "CLAIM_LOST");
    return held;
  }

  #held(name: string): Held {
    const held = this.held.get(name);
    if (held === undefined) throw refusal(Code.NotFound, "SESSION_NOT_FOUND");
    return held;
  }

  #id(): string {
    this.#ids += 1;
    return `00000000-0000-4000-8000-${String(this.#ids).padStart(12, "0")}`;
  }
}

function deskEvent(event: { case: "conversation"; value: Conversation }): DeskEvent {
  return create(DeskEventSchema, { event });
}

function numbersOf(time: number, hour: Record<"questions" | "confirmed" | "assumed" | "reopened" | "nothing" | "asked" | "up" | "down" | "replies", number>) {
  const big = (value: number) => BigInt(Math.max(0, Math.round(value)));
  const times = (base: number) => ({ count: big(hour.questions), p50: base, p95: base * 2.4 + (time % 7) * 20, p99: base * 3.8 });
  return create(NumbersSchema, {
    startTime: timestampFromMs(time),
    questions: big(hour.questions),
    confirmed: big(hour.confirmed),
    assumed: big(hour.assumed),
    reopened: big(hour.reopened),
    handoffs: { REASON_NOTHING_RELEVANT: big(hour.nothing), REASON_CUSTOMER_ASKED: big(hour.asked), REASON_SENSITIVE: big(hour.asked / 4) },
    sources: { ANSWER_SOURCE_GENERATED: big(hour.questions * 0.55), ANSWER_SOURCE_CURATED: big(hour.questions * 0.14), ANSWER_SOURCE_CACHED: big(hour.questions * 0.19), ANSWER_SOURCE_CANNED: big(hour.questions * 0.12) },
    languages: { zh: big(hour.questions * 0.63), en: big(hour.questions * 0.37) },
    ratedUp: big(hour.up),
    ratedDown: big(hour.down),
    replies: big(hour.replies),
    firstText: times(410),
    total: times(1050),
  });
}

/** A company in the middle of its day. */
export function busyCompany(me: string): Company {
  const company = new Company();
  const now = Date.now();
  company.agents = [create(AgentSchema, { name: "Chen Jie", conversations: 1 }), create(AgentSchema, { name: me, conversations: 1 })];
  const tried = ["Returns and exchanges", "How refunds are paid"].map((title, index) => ({ name: `collections/help/documents/d${index}/passages/a`, title, relevance: 0.31 + index * 0.1 }));
  company.open({
    turns: [
      ["Hello, my kettle leaks from the lid since yesterday.", "I am sorry to hear that. Which model is it?", AnswerSource.CLARIFYING],
      ["It is the EK-300, order 2026-118-4471. Can I have it repaired in Hamburg?", "I will hand you over to a colleague, who can look into this."],
    ],
    handoff: create(HandoffSchema, {
      reason: Handoff_Reason.NOTHING_RELEVANT,
      summary: "The customer’s kettle EK-300 leaks from the lid. They ask for a repair in Hamburg.\nTried: returns, refunds; neither names a repair shop.",
      sentiment: Handoff_Sentiment.NEGATIVE,
      slots: [
        { kind: Handoff_Slot_Kind.CODE, value: "EK-300" },
        { kind: Handoff_Slot_Kind.NUMBER, value: "2026-118-4471" },
      ],
      passages: tried,
    }),
    waitingMinutes: 12,
    escalated: true,
    customer: create(VerifiedCustomerSchema, { sub: "4711", claims: { name: "Anya Garcia", email: "anya@example.com" }, method: VerifiedCustomer_Method.TOKEN, verifyTime: timestampFromMs(now - 14 * MINUTE) }),
    profile: { name: "A. Garcia", plan: "gold" },
  });
  company.open({
    turns: [["发票抬头写错了，能重开吗？税号是 91310000MA1K", "已为您转接人工客服，请稍候。"]],
    handoff: create(HandoffSchema, { reason: Handoff_Reason.CUSTOMER_ASKED, summary: "客户的发票抬头有误，希望重新开具。", sentiment: Handoff_Sentiment.NEUTRAL, passages: tried }),
    waitingMinutes: 3,
    language: "zh",
  });
  company.open({
    turns: [
      ["Where is my parcel? It should have come on Monday.", "Your parcel is with the carrier. It is usually delivered within four working days.[1]"],
      ["That was nine days ago. I want to talk to a person.", "A colleague will be with you shortly.", AnswerSource.CANNED],
    ],
    handoff: create(HandoffSchema, { reason: Handoff_Reason.CUSTOMER_ASKED, summary: "The parcel is nine days late.", sentiment: Handoff_Sentiment.NEGATIVE, slots: [{ kind: Handoff_Slot_Kind.DATE, value: "Monday" }] }),
    waitingMinutes: 1,
    agent: me,
    mine: true,
  });
  company.open({
    turns: [["Can I change the address of an order?", "As long as it is not packed."]],
    handoff: create(HandoffSchema, { reason: Handoff_Reason.LOW_SUPPORT, summary: "Change of address." }),
    agent: "Chen Jie",
  });
  const titles = ["Returns and exchanges", "How refunds are paid", "Delivery times and costs", "Gift cards", "积分怎么攒、怎么用", "Warranty", "开具发票", "Winter sale 2026", "Data protection", "Delivery before Christmas"];
  titles.forEach((title, index) =>
    company.documents.push(
      create(DocumentSchema, {
        name: `collections/help/documents/d${index}`,
        path: `help_center/${index % 3 === 0 ? "returns" : "orders"}/${title.toLowerCase().replaceAll(" ", "-")}.${index % 4 === 3 ? "pdf" : "md"}`,
        title,
        language: /[\u4e00-\u9fff]/.test(title) ? "zh" : "en",
        passageCount: 2 + (index % 5),
        sha256: String(index),
        updateTime: timestampFromMs(now - index * 9 * DAY),
        ...(title === "Winter sale 2026" ? { validFrom: "2026-01-10", validUntil: "2026-02-15" } : {}),
        ...(title.endsWith("Christmas") ? { validUntil: new Date(now + 12 * DAY).toISOString().slice(0, 10) } : {}),
        audience: title === "Data protection" ? Audience.STAFF : Audience.EVERYONE,
      }),
    ),
  );
  company.curated.push(
    create(CuratedAnswerSchema, { name: "collections/help/curatedAnswers/1", questions: ["What happens when I lose my gift card?", "I lost my gift card"], answer: "Tell us the number on the receipt: we block the card and send you a new one free of charge.", language: "en", updateTime: timestampFromMs(now - 3 * DAY), priority: 10 }),
    create(CuratedAnswerSchema, { name: "collections/help/curatedAnswers/2", questions: ["双十一期间多久发货？"], answer: "双十一期间（11 月 1 日至 15 日）订单在 5 个工作日内发货。", language: "zh", validUntil: "2026-11-15", updateTime: timestampFromMs(now - 20 * DAY) }),
  );
  const question = (id: number, text: string, more: object = {}) =>
    create(UnansweredQuestionSchema, { turn: `sessions/00000000-0000-4000-8000-00000000000${1 + (id % 4)}/turns/${id}`, text, language: /[\u4e00-\u9fff]/.test(text) ? "zh" : "en", reason: Handoff_Reason.NOTHING_RELEVANT, createTime: timestampFromMs(now - id * HOUR), ...more });
  const group = (...questions: ReturnType<typeof question>[]) => create(UnansweredGroupSchema, { central: questions[0]!, questions, count: questions.length });
  company.groups = [
    group(
      question(1, "Is there a repair shop in Hamburg?"),
      question(2, "Where can I have my kettle repaired?", { reply: "Our partner Kessel & Sohn, Lange Reihe 8 in Hamburg, repairs kettles under warranty free of charge." }),
      question(3, "Do you repair kettles near Hamburg"),
      question(4, "汉堡有维修点吗？"),
    ),
    group(question(5, "发票抬头写错了怎么办？"), question(6, "发票抬头可以修改吗？", { ratedDown: true, reason: Handoff_Reason.UNSPECIFIED })),
    group(question(7, "Do you ship to Norway?")),
  ];
  return company;
}
