/** What was said; what was answered as its customer reads it. Nothing that a customer, a document or a model wrote is ever read as HTML. */

import { Rating, type Turn, Turn_State } from "../../gen/kefu/router/v1/chat_pb.ts";
import { CardList } from "../../shared/cards.tsx";
import { Icon } from "../../shared/icons.tsx";
import { plainText } from "../../shared/markdown.tsx";
import { AnswerText } from "../shared/answer_text.tsx";
import { clock } from "../shared/format.ts";
import { Badge } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { messagesOf, type Message } from "./conversation_state.ts";
import { CustomerFiles } from "./files.tsx";
import { reasonText, sourceText } from "./words.ts";

export function Messages({ turns, hidden, onEarlier }: { turns: readonly Turn[]; hidden: number; onEarlier: () => void }) {
  return (
    <ol class="messages">
      {hidden > 0 ? (
        <li class="messages-earlier">
          <button type="button" class="button small" onClick={onEarlier}>
            {t("showEarlier", { n: hidden })}
          </button>
        </li>
      ) : null}
      {messagesOf(turns).map((message) => (
        <li key={message.key} class={`message from-${message.kind}`}>
          <Body message={message} />
        </li>
      ))}
    </ol>
  );
}

function Body({ message }: { message: Message }) {
  if (message.kind === "handoff") {
    return (
      <p class="handoff-line">
        <Icon name="person" /> {t("handedOver")}: {reasonText(message.handoff.reason)}
      </p>
    );
  }
  const cards = message.kind === "kefu" ? message.turn.completed?.cards : undefined;
  const who = message.kind === "customer" ? t("customer") : message.kind === "kefu" ? t("kefu") : message.agent;
  return (
    <>
      <p class="message-head">
        <strong>{who}</strong>
        {message.kind === "kefu" ? <Answered turn={message.turn} /> : null}
        <time>{clock(message.time)}</time>
      </p>
      {message.kind === "kefu" && message.turn.withdrawn !== "" ? (
        <p class="message-withdrawn" dir="auto">
          {t("withdrawn")}: <del>{plainText(message.turn.withdrawn)}</del>
        </p>
      ) : null}
      {message.kind === "customer" && message.attachments.length > 0 ? <CustomerFiles names={message.attachments} /> : null}
      {message.kind === "customer" ? (
        <p class="message-text" dir="auto">
          {message.text}
        </p>
      ) : (
        <AnswerText class="message-text" text={cards ? cards.text : message.text} />
      )}
      {cards ? <CardList cards={cards.cards} open={t("openCard")} /> : null}
      {message.kind === "kefu" ? <Rated turn={message.turn} /> : null}
    </>
  );
}

function Answered({ turn }: { turn: Turn }) {
  if (turn.state === Turn_State.RUNNING) return <Badge>{t("stillWriting")}</Badge>;
  if (turn.completed === undefined) return null;
  return <Badge>{sourceText(turn.completed.source)}</Badge>;
}

function Rated({ turn }: { turn: Turn }) {
  const cited = [...new Map((turn.completed?.citations ?? []).map((one) => [one.number, one] as const)).values()];
  return (
    <>
      {cited.length > 0 ? (
        <ul class="message-sources" aria-label={t("sources")}>
          {cited.map((one) => (
            <li key={one.number}>
              [{one.number}] {one.title}
            </li>
          ))}
        </ul>
      ) : null}
      {turn.rating === Rating.UNSPECIFIED ? null : (
        <div class={`message-rating ${turn.rating === Rating.UP ? "up" : "down"}`}>
          <p>
            <Icon name={turn.rating === Rating.UP ? "up" : "down"} />
            {turn.rating === Rating.UP ? t("ratedUp") : t("ratedDown")}
          </p>
          {turn.ratingComment ? (
            <p class="rating-comment" dir="auto">
              “{turn.ratingComment}”
            </p>
          ) : null}
        </div>
      )}
    </>
  );
}
