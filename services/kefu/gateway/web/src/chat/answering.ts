/** One answer as it is written: drawn into its entry, and told to whoever cannot see it. */
import { create } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import { AnswerText, failureOf, followTurn, type Question, type TurnSink } from "@kefu/client";
import { type ChatService, FinishReason, TurnCompletedSchema } from "../gen/kefu/router/v1/chat_pb.js";
import { Sentences, announce } from "./announce.ts";
import { withoutOwnZone } from "./opening.ts";
import type { Entry } from "./entry.ts";
import { eachFrame } from "./frames.ts";
import { loadAnswers } from "./lazy.ts";
import { t } from "./texts.ts";

/** The customer stopped an answer that could not be stopped on the server. */
export class Stopped extends Error {}
/** The conversation is no longer on the page. */
export class Left extends Error {}

/** What the conversation adds to an entry's question. */
type Asked = Pick<Question, "session" | "supersede" | "collections" | "profile">;
/** What of it concerns the conversation. */
type Told = Required<Pick<TurnSink, "started" | "handoff">>;

/** Ask what an entry asks, or go on with its answer, to its end, whichever that is. Never rejects. */
export async function showAnswer(
  client: Client<typeof ChatService>,
  entry: Entry,
  asked: Asked,
  told: Told,
  signal: AbortSignal,
): Promise<void> {
  loadAnswers();
  const answer = new AnswerText();
  answer.apply(0, entry.text.value);
  let sentences = new Sentences();
  const isLeft = () => signal.reason instanceof Left; // nothing of it is shown or told any more
  const show = eachFrame(() => {
    if (isLeft()) return;
    if (entry.handoff.value) return; // its message is what is shown
    entry.text.value = answer.text;
    sentences.grown(answer.text);
  });
  const question: Question = {
    ...asked,
    text: entry.question,
    requestId: entry.requestId,
    attachments: entry.attachments,
    ...(entry.name.value ? { turn: entry.name.value } : {}),
  };
  const sink: TurnSink = {
    started: (event) => {
      entry.name.value = event.turn;
      entry.ephemeral = event.ephemeral;
      told.started(event);
    },
    passages: (passages) => (entry.passages.value = passages),
    progress: (text) => {
      if (isLeft()) return;
      entry.progress.value = text;
      announce(text);
    },
    text: () => {
      entry.reconnecting.value = false;
      if (entry.progress.value) return; // an action's text comes whole, and perhaps as cards: it is shown when that is known
      entry.state.value = "answering";
      show.soon();
    },
    handoff: (event) => {
      if (isLeft()) return;
      if (entry.text.value && !entry.handoff.value) {
        entry.withdrawn.value = true;
        announce(t("withdrawn"));
        sentences = new Sentences();
      }
      entry.text.value = event.message;
      entry.handoff.value = event;
      told.handoff(event);
    },
    reconnecting: (lost) => (entry.reconnecting.value = lost),
  };
  try {
    const completed = await followTurn(client, question, answer, sink, signal);
    show.now();
    entry.completed.value = completed;
    entry.state.value = "done";
    sentences.finished(withoutOwnZone(entry.text.value, entry.handoff.value));
  } catch (error) {
    show.now();
    if (error instanceof Stopped) {
      entry.completed.value = create(TurnCompletedSchema, { finishReason: FinishReason.STOPPED });
      entry.state.value = "done";
      announce(t("stopped"));
    } else if (!isLeft()) {
      entry.failure.value = failureOf(error);
      entry.state.value = "failed";
      announce(t("failed"));
    }
  } finally {
    entry.progress.value = "";
    entry.reconnecting.value = false;
  }
}
