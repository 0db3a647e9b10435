/** One message and its answer over as many connections as it takes, without a repeated or a missing character. */
import { Code, type Client } from "@connectrpc/connect";
import type {
  ChatService,
  ConverseEvent,
  Handoff,
  SourcePassage,
  TurnCompleted,
  TurnStarted,
} from "../../src/gen/kefu/router/v1/chat_pb.js";
import { OnBusy } from "../../src/gen/kefu/router/v1/chat_pb.js";
import { type Failure, failureOf, KefuError } from "./failure.ts";
import { backoff, connection, isOnline, pause } from "./network.ts";
import type { AnswerText } from "./text.ts";

/** What is asked. With `turn`, it runs already (the page was reloaded) and is taken up from `answer`. */
export interface Question {
  session: string;
  text: string;
  requestId: string;
  supersede: boolean;
  collections: string[];
  turn?: string;
  /** ConverseRequest.identity_token. */
  identityToken?: string;
  /** ConverseRequest.profile. */
  profile?: Record<string, string>;
  /** ConverseRequest.attachments. */
  attachments?: string[];
  /** Longest time to wait, in milliseconds, when the server refuses and says when to come back. Default: not at all. */
  patience?: number;
}

/** What happens, for whoever shows it. */
export interface TurnSink {
  started?(event: TurnStarted): void;
  passages?(passages: SourcePassage[]): void;
  /** What is being done for the customer, such as "Looking up your orders". */
  progress?(text: string): void;
  /** `answer` has changed. */
  text?(answer: AnswerText): void;
  /** A person takes over. `answer` is empty again: what was said is withdrawn, and the message stands in its place. */
  handoff?(event: Handoff): void;
  /** The connection is lost (true) or found again (false). */
  reconnecting?(lost: boolean): void;
}

const ATTEMPTS = 7; // about 20 s with a network; while there is none, as long as it takes
const IDLE = 45_000;
const RETRIED = [Code.Unavailable, Code.Unknown, Code.Internal, Code.DeadlineExceeded, Code.Canceled, Code.Aborted];

/**
 * Ask and follow the answer to its end. A lost connection is taken up by ResumeTurn from the byte reached; when the turn
 * cannot be resumed, the question is sent again under its request_id, which replays, joins or repeats the same turn.
 * Rejects with KefuError, or with the signal's reason.
 */
export async function followTurn(
  client: Client<typeof ChatService>,
  question: Question,
  answer: AnswerText,
  sink: TurnSink,
  signal: AbortSignal,
): Promise<TurnCompleted> {
  let turn = question.turn ?? "";
  let session = question.session;
  let attempt = 0;
  let resumeFailures = 0;
  let renewed = false;

  const open = (options: { signal: AbortSignal; onHeader: () => void }): AsyncIterable<ConverseEvent> => {
    if (turn && resumeFailures < 2) return client.resumeTurn({ turn, offset: BigInt(answer.bytes) }, options);
    return client.converse(
      {
        session,
        text: question.text,
        requestId: question.requestId,
        collections: question.collections,
        identityToken: question.identityToken ?? "",
        profile: question.profile ?? {},
        attachments: question.attachments ?? [],
        resumable: true,
        onBusy: question.supersede ? OnBusy.SUPERSEDE : OnBusy.QUEUE,
      },
      options,
    );
  };

  for (;;) {
    const line = connection(signal, IDLE);
    const resuming = Boolean(turn) && resumeFailures < 2;
    try {
      for await (const { event } of open({ signal: line.signal, onHeader: line.alive })) {
        line.alive();
        if (attempt > 0) sink.reconnecting?.(false);
        attempt = 0;
        switch (event.case) {
          case "turnStarted":
            turn = event.value.turn;
            session = event.value.session;
            sink.started?.(event.value);
            break;
          case "passagesFound":
            sink.passages?.(event.value.passages);
            break;
          case "progress":
            sink.progress?.(event.value.text);
            break;
          case "textDelta":
            if (!answer.apply(Number(event.value.offset), event.value.text)) throw new Gap();
            resumeFailures = 0;
            sink.text?.(answer);
            break;
          case "handoff": // it withdraws what was said
            if (answer.apply(0, "")) sink.text?.(answer);
            sink.handoff?.(event.value);
            break;
          case "turnCompleted":
            return event.value;
        }
      }
      throw new Gap(); // it ended without TurnCompleted
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const failure: Failure =
        error instanceof Gap
          ? { code: Code.Unavailable, reason: "", metadata: {}, retryAfter: null, message: "The answer broke off." }
          : failureOf(error);
      const waits = failure.retryAfter !== null && failure.retryAfter <= (question.patience ?? 0);
      attempt += 1;
      if (resuming) resumeFailures += failure.code === Code.NotFound ? 2 : isOnline() ? 1 : 0;
      if (failure.code === Code.Unauthenticated && !renewed) renewed = true;
      else if (failure.code === Code.OutOfRange && resuming) answer.apply(0, "");
      else if (failure.code === Code.NotFound && resuming && (question.text || question.attachments?.length)) continue;
      else if (!(RETRIED.includes(failure.code) || waits) || attempt >= ATTEMPTS) throw new KefuError(failure);
      if (failure.code !== Code.Unauthenticated) sink.reconnecting?.(true); // no line was lost: a token is tried anew
      await pause(Math.max(failure.retryAfter ?? 0, backoff(attempt)), signal);
    } finally {
      line.done();
    }
  }
}

class Gap extends Error {}
