/** What a person should know before they answer: why they were called, what was told and tried, and a suggestion. */

import type { Handoff, Turn } from "../../gen/kefu/router/v1/chat_pb.ts";
import { Handoff_Sentiment } from "../../gen/kefu/router/v1/chat_pb.ts";
import type { Conversation } from "../../gen/kefu/router/v1/desk_pb.ts";
import { byRelevance } from "../knowledge/threshold.ts";
import { collectionId } from "../shared/names.ts";
import { clock, languageName, percent } from "../shared/format.ts";
import { may } from "../shared/permissions.ts";
import { hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Badge } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { lastQuestions } from "./conversation_state.ts";
import { CustomerFacts, type Known } from "./customer.tsx";
import { Suggestions } from "./suggestions.tsx";
import { TriageFacts } from "./triage.tsx";
import { reasonText, sentimentText, slotText } from "./words.ts";

export function Context(props: {
  handoff: Handoff | undefined;
  conversation: Conversation | undefined;
  known: Known;
  turns: readonly Turn[];
  canInsert: boolean;
  onInsert: (text: string) => void;
}) {
  const { handoff } = props;
  const questions = lastQuestions(props.turns);
  return (
    <aside class="context" aria-label={t("aboutConversation")}>
      <details class="context-fold" open={!matchMedia("(max-width: 70rem)").matches}>
        <summary>{t("aboutConversation")}</summary>
        {handoff ? <Why handoff={handoff} /> : <p class="soft">{t("uninvitedMore")}</p>}
        <TriageFacts triage={props.conversation?.triage} turns={props.turns} />
        <CustomerFacts {...props.known} />
        <dl class="facts">
          {props.conversation?.language ? (
            <>
              <dt>{t("language")}</dt>
              <dd>{languageName(props.conversation.language)}</dd>
            </>
          ) : null}
          {props.conversation?.session?.user ? (
            <>
              <dt>{t("user")}</dt>
              <dd class="breakable">{props.conversation.session.user}</dd>
            </>
          ) : null}
          {props.conversation?.session?.createTime ? (
            <>
              <dt>{t("begun")}</dt>
              <dd>{clock(props.conversation.session.createTime)}</dd>
            </>
          ) : null}
        </dl>
        {questions.length > 0 ? <Suggestions questions={questions} canInsert={props.canInsert} onInsert={props.onInsert} /> : null}
      </details>
    </aside>
  );
}

function Why({ handoff }: { handoff: Handoff }) {
  const mayOpen = may(useDesk().me, "knowledge");
  return (
    <>
      <section>
        <h3>{t("why")}</h3>
        <p class="why">
          <Badge kind="warn">{reasonText(handoff.reason)}</Badge>
          {handoff.subject ? <Badge kind="danger">{handoff.subject}</Badge> : null}
          {handoff.sentiment === Handoff_Sentiment.UNSPECIFIED ? null : (
            <Badge kind={handoff.sentiment === Handoff_Sentiment.NEGATIVE ? "danger" : "plain"}>{sentimentText(handoff.sentiment)}</Badge>
          )}
          {handoff.outOfHours ? <Badge>{t("outOfHours")}</Badge> : null}
        </p>
        {handoff.summary ? (
          <p class="summary" dir="auto">
            {handoff.summary}
          </p>
        ) : null}
      </section>
      {handoff.slots.length > 0 ? (
        <section>
          <h3>{t("toldAlready")}</h3>
          <dl class="facts">
            {handoff.slots.map((slot, index) => (
              <div key={index}>
                <dt>{slotText(slot.kind)}</dt>
                <dd class="breakable">{slot.value}</dd>
              </div>
            ))}
          </dl>
        </section>
      ) : null}
      {handoff.passages.length > 0 ? (
        <section>
          <h3>{t("passagesTried")}</h3>
          <ul class="tried">
            {byRelevance(handoff.passages).map((passage) => (
              <li key={passage.name}>
                {mayOpen ? (
                  <a href={hrefOf("knowledge", collectionId(passage.name), "documents", passage.name.split("/")[3] ?? "")}>{passage.title}</a>
                ) : (
                  passage.title
                )}
                <span class="soft">{percent(passage.relevance)}</span>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </>
  );
}
