/** A visitor's conversation: what is on the page, and what it asks of the server. Knows no elements. */
import { type Client, Code } from "@connectrpc/connect";
import { type Credentials, failureOf, fixedToken } from "@kefu/client";
import { computed, signal } from "@preact/signals";
import {
  type ChatService,
  FinishReason,
  type Rating,
  Session_State as State,
  type Session,
  type SessionEvent,
  type Turn,
  type TurnStarted,
  Turn_State,
} from "../gen/kefu/router/v1/chat_pb.js";
import { store, stored } from "../shared/storage.ts";
import { announce } from "./announce.ts";
import type { Files } from "./attachments/files.ts";
import { Left, showAnswer, Stopped } from "./answering.ts";
import { Entry } from "./entry.ts";
import { afterEvent, holderOf, type Holders, NO_HOLDERS } from "./holders.ts";
import { loadAnswers } from "./lazy.ts";
import { t } from "./texts.ts";
import { listen } from "./watching.ts";

const OPEN = "sessions/-";
/** Turns that are read at once: a conversation may have ten thousand. */
const PAGE = 100;

/** Where the name of the conversation is kept. */
interface Place {
  read(): string | null;
  write(name: string | null): void;
}

/** An anonymous visitor's: there after a reload. */
const BROWSER: Place = { read: () => stored("session"), write: (name) => store("session", name) };

/** A customer's: on this page alone, since another one may be signed in on the next. */
function onPage(name: string | null): Place {
  let kept = name;
  return { read: () => kept, write: (next) => (kept = next) };
}

/** The contract, and whose calls these are. */
export type ChatClient = Client<typeof ChatService> & { credentials?: Credentials };

export class Conversation {
  readonly entries = signal<Entry[]>([]);
  readonly state = signal<State>(State.BOT);
  readonly agent = signal("");
  /** Which person each message came for. */
  readonly holders = signal<Holders>(NO_HOLDERS);
  readonly phase = signal<"loading" | "ready" | "failed">("loading");
  /** "sessions/…", or empty before the first message. */
  readonly session = signal("");
  /** How many turns are on the server before the first one here. */
  readonly hidden = signal(0);
  readonly running = computed(() => this.entries.value.some((one) => isRunning(one)));
  /** Called when a person's message has come. */
  onMessage: (entry: Entry) => void = () => {};
  /** Called when a message was refused since nobody is answered whose identity is not verified. */
  onIdentityRequired: () => void = () => {};
  /** What the site says of the person; goes along with each message. */
  profile: Record<string, string> = {};
  /** The files that go along with the next message, once one was chosen; see attachments/files.ts. */
  readonly files = signal<Files | null>(null);

  private readonly following = new Map<Entry, AbortController>();
  private opened: Promise<unknown> = Promise.resolve();
  private watching: AbortController | null = null;
  private lastEvent = "";
  /** Events up to this one are told again to learn who held the conversation; all else of them is on the page. */
  private toldUpTo = 0n;
  /** Grows when another conversation comes onto the page: what was asked for the one before is of no use then. */
  private shown = 0;
  /** Where the turns before the first one here are listed. */
  private before = "";
  private place = BROWSER;

  constructor(
    private client: ChatClient,
    private readonly collections: string[],
  ) {}

  /** Show what is stored of the conversation that this browser remembers, and go on with it. */
  async load(): Promise<void> {
    const { shown } = this;
    const name = this.place.read();
    this.phase.value = name ? "loading" : "ready";
    if (!name) return;
    try {
      const { session } = await this.client.getSession({ name });
      if (this.shown !== shown) return;
      this.session.value = name;
      this.state.value = session?.state ?? State.BOT;
      this.agent.value = session?.agent ?? "";
      this.lastEvent = session?.lastEvent ?? "";
      loadAnswers();
      await this.readTurns(session?.turnCount ?? 0);
      if (this.shown !== shown) return;
      if (this.hadPerson()) this.listenFromFirst();
      this.phase.value = "ready";
      this.watch();
    } catch (error) {
      if (this.shown !== shown) return;
      if (failureOf(error).code === Code.NotFound) {
        this.forget();
      } else {
        this.phase.value = "failed";
      }
    }
  }

  /** Send a message. While an answer runs, it is stopped, and both messages are answered as one. */
  async send(text: string, attachments: string[] = []): Promise<void> {
    const { shown } = this;
    const entry = new Entry(crypto.randomUUID(), text, crypto.randomUUID(), new Date(), attachments);
    const supersede = this.running.value;
    this.entries.value = [...this.entries.value, entry];
    if (supersede && !this.session.value) await this.opened; // the first message has not been told its session yet
    if (this.shown !== shown) return; // it was written to another conversation, perhaps by another person
    await this.follow(entry, supersede);
  }

  /** Those of whoever writes here now. */
  get credentials(): Credentials {
    return this.client.credentials ?? fixedToken("");
  }

  askForPerson(): Promise<void> {
    return this.send(t("person_message"));
  }

  /** Send a failed message again, under its own id: what was answered already is not answered twice. */
  async retry(entry: Entry): Promise<void> {
    entry.failure.value = null;
    entry.state.value = "waiting";
    await this.follow(entry, false);
  }

  async stop(): Promise<void> {
    await Promise.all(
      [...this.following].map(async ([entry, controller]) => {
        try {
          if (!entry.name.value) throw new Error("It has not begun.");
          await this.client.stopTurn({ turn: entry.name.value }, { timeoutMs: 5000 });
        } catch {
          controller.abort(new Stopped()); // the server stops by itself once nobody has listened for its grace period
        }
      }),
    );
  }

  async rate(entry: Entry, rating: Rating, comment = ""): Promise<boolean> {
    const before = entry.rating.value;
    entry.rating.value = rating;
    try {
      await this.client.rateTurn({ turn: entry.name.value, rating, comment });
      return true;
    } catch {
      entry.rating.value = before;
      announce(t("rate_failed"));
      return false;
    }
  }

  /** This visitor's other conversations, the latest first. */
  async others(): Promise<Session[]> {
    if (this.place === BROWSER && !stored("visitor")) return []; // who has never written has none, and needs no token to learn that
    const { sessions } = await this.client.listSessions({ pageSize: 20 });
    return sessions.filter((one) => one.name !== this.session.value && one.turnCount > 0);
  }

  /** Go on with another conversation. */
  open(name: string): Promise<void> {
    this.fresh();
    this.place.write(name);
    return this.load();
  }

  /** Stop listening while the conversation changes hands, once its name is known. `resume` or `goAlong` goes on. */
  async hold(): Promise<void> {
    if (this.running.value && !this.session.value) await this.opened;
    this.watching?.abort();
    this.watching = null;
  }

  /** Listen again after `hold`: nothing has changed. */
  resume(): void {
    if (this.session.value && !this.watching) this.watch();
  }

  /**
   * Go on with `client`, which is the same person's, a customer by now. The conversation on the page stays; an empty page
   * shows the customer's last one.
   */
  async goAlong(client: ChatClient): Promise<void> {
    const name = this.session.value || this.place.read();
    const wasKnown = this.place !== BROWSER;
    this.place.write(null);
    this.place = onPage(name);
    this.client = client;
    if (this.session.value && this.phase.value === "ready") return this.watch();
    const shown = ++this.shown; // what was asked for before comes to nothing
    if (name) return this.load();
    this.phase.value = "ready";
    const isEmpty = () => this.shown === shown && this.entries.value.length === 0;
    if (wasKnown || !isEmpty()) return; // what is on the page is the customer's choice
    try {
      const [last] = await this.others();
      if (last && isEmpty()) await this.open(last.name); // else the customer has begun to write meanwhile
    } catch {
      if (isEmpty()) announce(t("load_failed"));
    }
  }

  /** Become another person's, with `client`: nothing of the one before stays. */
  leave(client: ChatClient): void {
    this.fresh();
    this.client = client;
    this.profile = {};
    this.place = BROWSER;
    this.place.write(null);
  }

  /** Begin a new conversation; the old one stays on the server until its time is over. */
  fresh(): void {
    for (const controller of this.following.values()) controller.abort(new Left());
    this.following.clear();
    this.forget();
  }

  /** Erase the conversation, here and on the server. Rejects when that fails. */
  async erase(): Promise<void> {
    const name = this.session.value;
    try {
      if (name) await this.client.deleteSession({ name });
    } catch (error) {
      if (failureOf(error).code !== Code.NotFound) throw error;
    }
    this.fresh();
  }

  private forget(): void {
    this.shown += 1;
    this.phase.value = "ready";
    this.watching?.abort();
    this.watching = null;
    this.lastEvent = "";
    this.toldUpTo = 0n;
    this.holders.value = NO_HOLDERS;
    this.place.write(null);
    this.session.value = "";
    this.files.value?.clear();
    this.entries.value = [];
    this.hidden.value = 0;
    this.state.value = State.BOT;
    this.agent.value = "";
  }

  /** Show what was said before the first turn here. */
  async showEarlier(): Promise<void> {
    const { shown } = this;
    const session = this.session.value;
    try {
      const page = await this.client.listTurns({ session, pageSize: PAGE, pageToken: this.before, latestFirst: true });
      if (this.shown !== shown) return;
      this.entries.value = [...page.turns.reverse().map((turn) => Entry.of(turn)), ...this.entries.value];
      this.hidden.value = page.nextPageToken ? Math.max(this.hidden.value - page.turns.length, 1) : 0;
      this.before = page.nextPageToken;
    } catch {
      announce(t("load_failed"));
    }
  }

  /** The latest turns, of so many in all. */
  private async readTurns(count: number): Promise<void> {
    const { shown } = this;
    const page = await this.client.listTurns({ session: this.session.value, pageSize: PAGE, latestFirst: true });
    if (this.shown !== shown) return;
    const turns: Turn[] = page.turns.reverse();
    this.before = page.nextPageToken;
    this.hidden.value = page.nextPageToken ? Math.max(count - turns.length, 1) : 0;
    const known = new Map(this.entries.value.map((entry) => [entry.name.value, entry]));
    const entries = turns.map((turn) => known.get(turn.name) ?? Entry.of(turn));
    const unsent = this.entries.value.filter((entry) => !entries.includes(entry) && this.following.has(entry));
    this.entries.value = [...entries, ...unsent];
    turns.forEach((turn, index) => {
      const entry = entries[index]!;
      if (this.following.has(entry)) return;
      if (known.has(turn.name)) entry.update(turn);
      if (turn.state === Turn_State.RUNNING) void this.follow(entry, false);
    });
  }

  /** The session, once the message that opens it has been told; empty before the first message. */
  async sessionToBe(): Promise<string> {
    if (!this.session.value) await this.opened;
    return this.session.value;
  }

  private async follow(entry: Entry, supersede: boolean): Promise<void> {
    const controller = new AbortController();
    this.following.set(entry, controller);
    let isOpen: () => void = () => {};
    if (!this.session.value) this.opened = new Promise<void>((resolve) => (isOpen = resolve));
    const asked = {
      session: this.session.value || entry.attachments[0]?.split("/attachments/")[0] || OPEN,
      supersede,
      collections: this.collections,
      profile: this.profile,
    };
    const told = {
      started: (event: TurnStarted) => {
        if (controller.signal.aborted) return; // of a conversation that was left
        if (!this.session.value && !event.ephemeral) {
          this.session.value = event.session;
          this.place.write(event.session);
          this.watch();
        }
        isOpen();
      },
      handoff: () => {
        if (controller.signal.aborted) return;
        if (this.state.value !== State.HUMAN) this.state.value = State.WAITING;
      },
    };
    await showAnswer(this.client, entry, asked, told, controller.signal);
    this.following.delete(entry);
    isOpen();
    if (entry.failure.value?.reason === "IDENTITY_REQUIRED") this.onIdentityRequired();
  }

  /** Listen for what others do in this session. */
  private watch(): void {
    this.watching?.abort();
    const watching = (this.watching = new AbortController());
    const listener = {
      after: () => this.lastEvent,
      awaitsPerson: () => this.state.value === State.WAITING || this.state.value === State.HUMAN,
      happened: (event: SessionEvent) => this.happened(event),
    };
    listen(this.client, this.session.value, listener, watching.signal).then(
      () => this.watching === watching && this.forget(),
      () => undefined, // aborted
    );
  }

  private hadPerson(): boolean {
    const isPersons = [State.HUMAN, State.RETURNED].includes(this.state.value);
    return isPersons || this.entries.value.some((entry) => entry.byPerson || entry.completed.value?.finishReason === FinishReason.HUMAN);
  }

  private listenFromFirst(): void {
    this.toldUpTo = BigInt(this.lastEvent || "0");
    if (this.toldUpTo > 0n) this.lastEvent = "0";
    else this.holders.value = { ...NO_HOLDERS, now: holderOf(this.state.value, this.agent.value) };
  }

  private async happened({ id, event }: SessionEvent): Promise<void> {
    this.holders.value = afterEvent(this.holders.value, event);
    if (BigInt(id) <= this.toldUpTo) {
      if (event.case === "missed") this.holders.value = { ...this.holders.value, now: holderOf(this.state.value, this.agent.value) };
      this.lastEvent = id;
      return;
    }
    if (event.case === "missed") {
      const { shown } = this;
      const { session } = await this.client.getSession({ name: this.session.value });
      if (this.shown !== shown) return;
      this.changed(session?.state ?? State.BOT, session?.agent ?? "");
      this.holders.value = { ...this.holders.value, now: holderOf(this.state.value, this.agent.value) };
      await this.readTurns(session?.turnCount ?? 0);
      if (this.shown === shown) this.lastEvent = session?.lastEvent ?? id;
      return;
    }
    if (event.case === "stateChanged") this.changed(event.value.state, event.value.agent);
    if (event.case === "turnStored") this.stored(event.value);
    this.lastEvent = id;
  }

  private changed(state: State, agent: string): void {
    const before = this.state.value;
    this.state.value = state;
    this.agent.value = agent;
    if (state === before) return;
    if (state === State.HUMAN) announce(t("joined", { name: agent || t("colleague") }));
    if (state === State.RETURNED) announce(t("left_conversation"));
    if (state === State.CLOSED) announce(t("state_closed"));
  }

  private stored(turn: Turn): void {
    const known = this.entries.value.find(
      (one) => one.name.value === turn.name || (turn.requestId !== "" && one.requestId === turn.requestId),
    );
    if (known) {
      if (!this.following.has(known)) known.update(turn);
      return;
    }
    const entry = Entry.of(turn);
    this.entries.value = [...this.entries.value, entry];
    if (entry.byPerson) {
      announce(`${entry.agent.value || t("colleague")}: ${entry.text.value}`);
      this.onMessage(entry);
    }
  }
}

export function isRunning(entry: Entry): boolean {
  return entry.state.value === "waiting" || entry.state.value === "answering";
}
