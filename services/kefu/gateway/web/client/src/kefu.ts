/** All that a customer's program does with a Kefu, retried and resumed. */
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { KnowledgeService, type SearchResponse } from "../../src/gen/kefu/retrieval/v1/knowledge_pb.js";
import {
  type Cards,
  ChatService,
  type Citation,
  type FinishReason,
  type Handoff,
  type Rating,
  type Session,
  type SessionEvent,
  type SourcePassage,
  type Turn,
  type TurnCompleted,
} from "../../src/gen/kefu/router/v1/chat_pb.js";
import { sessionOf, uploadAttachment } from "./attachments.ts";
import { type Credentials, fixedToken } from "./credentials.ts";
import { again, MOST_WAIT } from "./retry.ts";
import { AnswerText } from "./text.ts";
import { gatewayTransport } from "./transport.ts";
import { followTurn } from "./turn.ts";
import { watchSession } from "./watch.ts";

const NEW_SESSION = "sessions/-";

export interface KefuOptions {
  /** Where the gateway is, such as "https://help.example.com". */
  baseUrl: string;
  /** A key. Not in a page: whoever reads the page has it. */
  key?: string;
  /** In place of a key: `visitor(baseUrl)`, `customer(baseUrl, token)`, or your own. */
  credentials?: Credentials;
  /** In place of both: another way to the services. */
  transport?: Transport;
}

export interface AskOptions {
  /** "sessions/…", to go on with a conversation. Empty: a new one. */
  session?: string;
  /** Ids of collections ("collections/…") to answer from; empty: all that the key may search. */
  collections?: string[];
  /** Made by default. The same one again gives the same answer, and asks no model twice. */
  requestId?: string;
  /** Stop the answer that runs in the session, and answer both messages as one, rather than wait for it. */
  supersede?: boolean;
  /** With a key: a token of your site that says who asks, see `identityToken`. In a page: `customer(baseUrl, token)`. */
  identityToken?: string;
  /** What you say of the person, unverified: agents see it as that. At most 10 entries. */
  profile?: Record<string, string>;
  /** Pictures and PDFs that go along, at most 4: `text` may be empty with them. Not with a `transport` of your own. */
  attachments?: Blob[];
  /** Called with the text so far whenever it has grown, was replaced after a resume, or was withdrawn by a handoff (""). */
  onText?: (text: string) => void;
  /** Called with what is being done for the customer meanwhile, such as "Looking up your orders". */
  onProgress?: (text: string) => void;
  /** Called when the connection is lost (true) and found again (false). */
  onReconnecting?: (lost: boolean) => void;
  /** Ends the reading. `Kefu.stop` ends the answer itself. */
  signal?: AbortSignal;
}

export interface Answer {
  session: string;
  turn: string;
  /** What was answered, or what the customer is told when a person takes over. */
  text: string;
  finishReason: FinishReason;
  citations: Citation[];
  passages: SourcePassage[];
  /** What `text` says, as cards: show one or the other. Null: there are none. */
  cards: Cards | null;
  handoff: Handoff | null;
  completed: TurnCompleted;
}

export class Kefu {
  /** The contract itself, for what is not below. */
  readonly chat: Client<typeof ChatService>;
  readonly knowledge: Client<typeof KnowledgeService>;

  private readonly baseUrl: string;
  private readonly credentials: Credentials;

  constructor({ baseUrl, key, credentials, transport }: KefuOptions) {
    this.credentials = credentials ?? fixedToken(key ?? "");
    this.baseUrl = baseUrl;
    const way = transport ?? gatewayTransport(baseUrl, this.credentials);
    this.chat = createClient(ChatService, way);
    this.knowledge = createClient(KnowledgeService, way);
  }

  /** Say something, and have the whole answer. Throws KefuError. */
  async ask(text: string, options: AskOptions = {}): Promise<Answer> {
    const answer = new AnswerText();
    let session = options.session || NEW_SESSION;
    const attachments: string[] = [];
    for (const file of options.attachments ?? []) {
      const { name } = await uploadAttachment(this.baseUrl, this.credentials, file, { session });
      session = sessionOf(name);
      attachments.push(name);
    }
    const got: Pick<Answer, "session" | "turn" | "passages" | "handoff"> = { session: "", turn: "", passages: [], handoff: null };
    const question = {
      session,
      text,
      attachments,
      requestId: options.requestId || crypto.randomUUID(),
      supersede: options.supersede ?? false,
      collections: options.collections ?? [],
      identityToken: options.identityToken ?? "",
      profile: options.profile ?? {},
      patience: MOST_WAIT,
    };
    const sink = {
      started: (event: { session: string; turn: string }) => {
        got.session = event.session;
        got.turn = event.turn;
      },
      passages: (passages: SourcePassage[]) => (got.passages = passages),
      progress: (text: string) => options.onProgress?.(text),
      text: () => options.onText?.(answer.text),
      handoff: (event: Handoff) => (got.handoff = event),
      reconnecting: (lost: boolean) => options.onReconnecting?.(lost),
    };
    const completed = await followTurn(this.chat, question, answer, sink, options.signal ?? new AbortController().signal);
    const { finishReason, citations } = completed;
    const cards = completed.cards ?? null;
    return { ...got, text: got.handoff?.message ?? answer.text, finishReason, citations, cards, completed };
  }

  /** What happens in a session, from now on or after an event. Never ends by itself; see `watchSession`. */
  async *watch(session: string, after = "", signal = new AbortController().signal): AsyncGenerator<SessionEvent> {
    yield* watchSession(this.chat, session, after || (await this.getSession(session)).lastEvent, signal);
  }

  async getSession(name: string): Promise<Session> {
    return (await again(() => this.chat.getSession({ name }))).session!;
  }

  /** A session's turns, oldest first. */
  async *turns(session: string): AsyncGenerator<Turn> {
    let pageToken = "";
    do {
      const page = await again(() => this.chat.listTurns({ session, pageSize: 100, pageToken }));
      yield* page.turns;
      pageToken = page.nextPageToken;
    } while (pageToken);
  }

  /** End a running answer; what was sent is kept. */
  async stop(turn: string): Promise<void> {
    await again(() => this.chat.stopTurn({ turn }));
  }

  async rate(turn: string, rating: Rating, comment = ""): Promise<void> {
    await again(() => this.chat.rateTurn({ turn, rating, comment }));
  }

  /** Erase a session with its turns. */
  async deleteSession(name: string): Promise<void> {
    await again(() => this.chat.deleteSession({ name }));
  }

  /** The passages that may answer a question, by the scorer that answers go by. Needs a key for `knowledge`. */
  search(query: string, more: { collections?: string[]; topK?: number } = {}): Promise<SearchResponse> {
    return again(() => this.knowledge.search({ query, ...more }));
  }
}
