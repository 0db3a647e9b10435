/** One turn: what was asked, what was answered, and what can be done with it. */
import { useComputed } from "@preact/signals";
import type { ComponentChild } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Code } from "@connectrpc/connect";
import { AnswerSource, FinishReason, type SourcePassage } from "../gen/kefu/router/v1/chat_pb.js";
import type { Failure } from "@kefu/client";
import { locale } from "../shared/i18n.ts";
import { CardList } from "../shared/cards.tsx";
import { Icon } from "../shared/icons.tsx";
import { markdown } from "../shared/markdown.tsx";
import { type Conversation, isRunning } from "./conversation.ts";
import type { Entry } from "./entry.ts";
import { withoutChoices } from "./choices.ts";
import { withFootnotes } from "./footnotes.ts";
import { SentFiles } from "../shared/sent_files.tsx";
import { HandoffNotice } from "./handoff.tsx";
import { withoutOwnZone } from "./opening.ts";
import { RatingBar } from "./rating.tsx";
import { type ChatKey, t } from "./texts_answers.ts";

interface MessageProps {
  entry: Entry;
  conversation: Conversation;
  /** Who a message for a person was delivered to, or empty. */
  receiver: string;
  /** What happened between the message and its answer. */
  between?: ComponentChild;
  onCite: (entry: Entry, number: number) => void;
}

export function Message({ entry, conversation, receiver, between, onCite }: MessageProps) {
  const state = entry.state.value;
  const completed = entry.completed.value;
  const reason = completed?.finishReason;
  const forPerson = reason === FinishReason.HUMAN;
  const cite = (number: number) => onCite(entry, number);
  const asking = isAsking(entry, conversation);
  const cards = completed?.cards?.cards ?? [];
  const onCards = new Set(cards.map((card) => card.choice));
  const loose = asking ? (completed?.choices.filter((choice) => !onCards.has(choice)) ?? []) : [];
  return (
    <article class="turn" tabIndex={-1} aria-busy={isRunning(entry)}>
      {(entry.question || entry.attachments.length > 0) && (
        <div class="asked">
          <h2 class="unseen">{t("you")}</h2>
          {entry.attachments.length > 0 && <SentFiles names={entry.attachments} token={() => conversation.credentials.token()} />}
          {entry.question && <p>{entry.question}</p>}
        </div>
      )}
      {between}
      {forPerson ? (
        <p class="delivered">
          <Icon name="check" />
          {receiver ? t("delivered", { name: receiver }) : t("delivered_unnamed")}
        </p>
      ) : (
        (state !== "failed" || entry.text.value) && (
          <div class={entry.byPerson ? "answered person" : "answered"}>
            <h2 class="from">
              {entry.byPerson && (
                <span class="initial" aria-hidden="true">
                  {[...(entry.agent.value || t("colleague"))][0]?.toUpperCase()}
                </span>
              )}
              {entry.byPerson ? entry.agent.value || t("colleague") : t("assistant")}
            </h2>
            {entry.withdrawn.value && <p class="note withdrawn">{t("withdrawn")}</p>}
            <Answer entry={entry} isAsking={asking} onCite={cite} />
            <CardList
              cards={cards}
              open={t("open_card")}
              below={(card, details) =>
                asking &&
                card.choice && (
                  <button type="button" class="button" aria-describedby={details} onClick={() => choose(conversation, card.choice)}>
                    {t("choose", { title: card.title })}
                  </button>
                )
              }
            />
            {state === "waiting" && (
              <p class="thinking">
                <span class="dots" aria-hidden="true" />
                <span dir="auto">{entry.progress.value || (entry.passages.value.length ? t("answering") : t("thinking"))}</span>
              </p>
            )}
            {entry.reconnecting.value && isRunning(entry) && (
              <p class="note warn" role="status">
                <Icon name="alert" />
                {t("reconnecting")}
              </p>
            )}
            {reason === FinishReason.STOPPED && <p class="note">{t("stopped")}</p>}
            {reason === FinishReason.LENGTH && <p class="note">{t("shortened")}</p>}
            {reason === FinishReason.INTERRUPTED && (
              <p class="note">
                {t("interrupted")}{" "}
                <button type="button" class="button small" onClick={() => void conversation.send(entry.question, entry.attachments)}>
                  {t("ask_again")}
                </button>
              </p>
            )}
            {loose.length > 0 && (
              <div class="choices">
                {loose.map((choice) => (
                  <button type="button" class="button" onClick={() => choose(conversation, choice)}>
                    {choice}
                  </button>
                ))}
              </div>
            )}
            {state === "done" && <Sources entry={entry} onCite={cite} />}
            {entry.handoff.value && <HandoffNotice handoff={entry.handoff.value} text={entry.text.value} />}
            {isRated(entry) && <RatingBar entry={entry} conversation={conversation} />}
          </div>
        )
      )}
      {state === "failed" && <Failed entry={entry} conversation={conversation} />}
    </article>
  );
}

/** Whether a question back waits for its reply: it comes next, so a later message ends the choosing. */
function isAsking(entry: Entry, conversation: Conversation): boolean {
  return Boolean(entry.completed.value?.choices.length) && conversation.entries.value.at(-1) === entry;
}

/** Send a choice. Its button goes: whoever works by keyboard goes on from the message that comes of it. */
function choose(conversation: Conversation, choice: string): void {
  void conversation.send(choice);
  requestAnimationFrame(() => [...document.querySelectorAll<HTMLElement>(".turn")].at(-1)?.focus({ preventScroll: true }));
}

interface AnswerProps {
  entry: Entry;
  /** Its choices are buttons: the text need not list them too. */
  isAsking: boolean;
  onCite: (number: number) => void;
}

function Answer({ entry, isAsking, onCite }: AnswerProps) {
  const answer = useComputed(() => {
    const numbers = new Set(entry.passages.value.map((passage) => passage.number));
    return withFootnotes(entry.text.value, numbers, entry.completed.value);
  });
  const mark = (number: number) => <Footnote number={number} passages={entry.passages.value} onCite={onCite} />;
  const { loose } = answer.value;
  const { cards, choices = [] } = entry.completed.value ?? {};
  const said = cards ? cards.text : answer.value.source; // cards stand in place of the text that says the same
  const text = withoutOwnZone(said, entry.handoff.value);
  const source = isAsking && !cards ? withoutChoices(text, choices) : text;
  if (!source) return null;
  return (
    <div class="markdown">
      {markdown(entry.byPerson ? source.replaceAll("\n", "  \n") : source, mark)}
      {loose.length > 0 && <p>{loose.map(mark)}</p>}
    </div>
  );
}

interface FootnoteProps {
  number: number;
  passages: SourcePassage[];
  onCite: (number: number) => void;
}

function Footnote({ number, passages, onCite }: FootnoteProps) {
  return (
    <button type="button" class="footnote" aria-label={sourceName(number, passages)} aria-haspopup="dialog" onClick={() => onCite(number)}>
      {number}
    </button>
  );
}

export function sourceName(number: number, passages: SourcePassage[]): string {
  const title = passages.find((passage) => passage.number === number)?.title;
  return title ? t("source", { number, title }) : t("source_untitled", { number });
}

/** The passages that the answer cites, for whoever looks for them at its end. */
function Sources({ entry, onCite }: { entry: Entry; onCite: (number: number) => void }) {
  const numbers = [...new Set(entry.completed.value?.citations.map((citation) => citation.number))].sort((a, b) => a - b);
  if (numbers.length === 0) return null;
  return (
    <ul class="sources" aria-label={t("sources")}>
      {numbers.map((number) => (
        <li>
          <button
            type="button"
            class="source"
            aria-haspopup="dialog"
            onClick={() => onCite(number)}
          >
            <span class="number">{number}</span>
            <span class="name">
              {entry.passages.value.find((passage) => passage.number === number)?.title ?? t("source_untitled", { number })}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Answers to a question can be rated; greetings, refusals and people cannot. */
function isRated(entry: Entry): boolean {
  const completed = entry.completed.value;
  if (entry.state.value !== "done" || !completed || !entry.name.value || entry.ephemeral) return false;
  const rated = [AnswerSource.GENERATED, AnswerSource.CURATED, AnswerSource.EXTRACTIVE, AnswerSource.CACHED];
  return rated.includes(completed.source) && entry.text.value !== "";
}

const REASONS: Partial<Record<string, ChatKey>> = {
  OVERLOADED: "failed_busy",
  STORAGE_FULL: "failed_full",
  TENANT_LIMIT: "failed_limit",
  ADDRESS_LIMIT: "failed_limit",
  SESSION_CLOSED: "failed_closed",
  IDENTITY_REQUIRED: "failed_identity",
  SESSION_NOT_FOUND: "failed_gone",
};

function explained({ code, reason }: Failure): ChatKey {
  const byReason = REASONS[reason];
  if (byReason) return byReason;
  if (code === Code.ResourceExhausted) return "failed_limit";
  if (code === Code.InvalidArgument) return "failed_invalid";
  if (code === Code.NotFound) return "failed_gone";
  if (code === Code.PermissionDenied || code === Code.Unauthenticated) return "failed_denied";
  return "failed_away";
}

function Failed({ entry, conversation }: { entry: Entry; conversation: Conversation }) {
  const failure = entry.failure.value;
  const wait = useCountdown(failure?.retryAfter ?? 0, failure);
  const key = failure ? explained(failure) : "failed_away";
  const over = key === "failed_closed" || key === "failed_gone";
  return (
    <div class="notice failed" role="alert">
      <Icon name="alert" />
      <p>
        {t("failed")} {t(key)}
      </p>
      {over ? (
        <button type="button" class="button small" onClick={() => conversation.fresh()}>
          {t("fresh")}
        </button>
      ) : (
        key !== "failed_invalid" && (
          <button type="button" class="button small" disabled={wait > 0} onClick={() => void conversation.retry(entry)}>
            {wait > 0 ? t("retry_in", { count: wait.toLocaleString(locale()) }) : t("retry")}
          </button>
        )
      )}
    </div>
  );
}

/** Seconds left of `milliseconds`, counted from when `since` changed. */
function useCountdown(milliseconds: number, since: unknown): number {
  const [left, setLeft] = useState(Math.ceil(milliseconds / 1000));
  useEffect(() => {
    const end = performance.now() + milliseconds;
    const count = () => setLeft(Math.max(0, Math.ceil((end - performance.now()) / 1000)));
    count();
    const timer = setInterval(count, 250);
    return () => clearInterval(timer);
  }, [since]);
  return left;
}
