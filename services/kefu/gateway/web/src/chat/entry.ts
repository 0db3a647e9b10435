/** What the page shows of one turn. */
import { signal } from "@preact/signals";
import {
  AnswerSource,
  type Handoff,
  Rating,
  type SourcePassage,
  type Turn,
  type TurnCompleted,
  Turn_State,
} from "../gen/kefu/router/v1/chat_pb.js";
import type { Failure } from "@kefu/client";

export type EntryState = "waiting" | "answering" | "done" | "failed";

/** One turn on the page. Signals change on their own, so that a new word draws one answer anew and nothing else. */
export class Entry {
  readonly question: string;
  readonly requestId: string;
  readonly at: Date;
  readonly state = signal<EntryState>("waiting");
  readonly text = signal("");
  readonly passages = signal<SourcePassage[]>([]);
  readonly completed = signal<TurnCompleted | null>(null);
  readonly handoff = signal<Handoff | null>(null);
  /** Something was shown before a hand-over withdrew it. */
  readonly withdrawn = signal(false);
  readonly reconnecting = signal(false);
  /** What is being done for the customer in the company's systems, or empty. */
  readonly progress = signal("");
  readonly failure = signal<Failure | null>(null);
  readonly rating = signal<Rating>(Rating.UNSPECIFIED);
  /** The person who wrote `text`, or empty. */
  readonly agent = signal("");
  /** "sessions/…/turns/…", once known. */
  readonly name = signal("");
  /** Nothing of it is kept: TurnStarted.ephemeral. */
  ephemeral = false;

  constructor(
    /** Stays the same while the entry is on the page. */
    readonly key: string,
    question: string,
    requestId: string,
    at: Date = new Date(),
    /** Names of the files that came with it. */
    readonly attachments: string[] = [],
  ) {
    this.question = question;
    this.requestId = requestId;
    this.at = at;
  }

  static of(turn: Turn): Entry {
    const at = turn.createTime ? new Date(Number(turn.createTime.seconds) * 1000) : new Date();
    const entry = new Entry(turn.name, turn.question, turn.requestId, at, turn.attachments);
    entry.update(turn);
    return entry;
  }

  /** Take over what is stored of the turn. */
  update(turn: Turn): void {
    this.name.value = turn.name;
    this.text.value = turn.text;
    this.passages.value = turn.passages;
    this.completed.value = turn.completed ?? null;
    this.handoff.value = turn.handoff ?? null;
    this.rating.value = turn.rating;
    this.agent.value = turn.agent;
    this.state.value =
      turn.state === Turn_State.FAILED ? "failed" : turn.state === Turn_State.RUNNING ? "answering" : "done";
  }

  /** A person's message, which belongs to no question. */
  get byPerson(): boolean {
    return this.completed.value?.source === AnswerSource.PERSON || this.agent.value !== "";
  }
}
