/** One conversation, each answer with why it is what it is, a verdict, and the ways to correct it. */

import { useState } from "preact/hooks";

import type { GetConversationResponse, ReviewedTurn } from "../../gen/kefu/router/v1/review_pb.ts";
import { plainText } from "../../shared/markdown.tsx";
import { AnswerText } from "../shared/answer_text.tsx";
import { clock } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useLoaded } from "../shared/loading.ts";
import { sessionId } from "../shared/names.ts";
import { hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Busy, FailureNotice, PageHead } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { Correction } from "./correction.tsx";
import { Judge } from "./judge.tsx";
import { Marks } from "./marks.tsx";
import { Why } from "./why.tsx";
import { saidIn } from "./said.ts";
import { CustomerFiles } from "../inbox/files.tsx";

export function ConversationPage({ session }: { session: string }) {
  const { services } = useDesk();
  const loaded = useLoaded<GetConversationResponse>((signal) => services.review.getConversation({ session }, { signal }), [services, session]);
  return (
    <div class="page">
      <PageHead title={t("conversationOf", { time: clock(loaded.value?.session?.createTime) })}>
        <a class="button small" href={hrefOf("conversations")}>
          <DeskIcon name="back" /> {t("allConversations")}
        </a>
        <a class="button small" href={hrefOf("inbox", sessionId(session))}>
          {t("openInInbox")}
        </a>
      </PageHead>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      <ol class="cards">
        {loaded.value?.turns.map((reviewed) => (
          <SaidTurn key={reviewed.turn?.name} reviewed={reviewed} />
        ))}
      </ol>
    </div>
  );
}

function SaidTurn({ reviewed }: { reviewed: ReviewedTurn }) {
  const [shown, setShown] = useState(reviewed);
  const [open, setOpen] = useState(false);
  const turn = shown.turn;
  if (turn === undefined) return null;
  const isKefus = turn.agent === "" && turn.text !== "";
  return (
    <li class="card said">
      <p class="soft">{clock(turn.createTime)}</p>
      {turn.question ? (
        <h2 class="said-question" dir="auto">
          {turn.question}
        </h2>
      ) : null}
      {turn.attachments.length > 0 ? <CustomerFiles names={turn.attachments} /> : null}
      {turn.withdrawn ? (
        <p class="said-withdrawn" dir="auto">
          {t("withdrawn")}: <del>{plainText(turn.withdrawn)}</del>
        </p>
      ) : null}
      {turn.agent ? <p dir="auto">{turn.agent}:</p> : null}
      <AnswerText text={turn.text} />
      <Marks reviewed={shown} />
      {isKefus ? (
        <>
          <div class="row tools">
            <button type="button" class="button small" aria-expanded={open} aria-label={t("whyOf", { question: saidIn(turn) })} onClick={() => setOpen(!open)}>
              <DeskIcon name="question" /> {t("whyAsk")}
            </button>
            <Correction turn={turn} />
          </div>
          {shown.marks ? <Judge turn={turn.name} judgement={shown.judgement} onJudged={(judgement) => setShown({ ...shown, judgement } as ReviewedTurn)} /> : null}
          {open ? <Why turn={turn.name} /> : null}
        </>
      ) : null}
    </li>
  );
}
