/** The ways to correct an answer: a curated answer, the document that it is from, a golden question. */

import { create } from "@bufbuild/protobuf";
import { useState } from "preact/hooks";

import { type Collection, CuratedAnswerSchema } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import type { Turn } from "../../gen/kefu/router/v1/chat_pb.ts";
import { newGoldenHref } from "../golden/address.ts";
import { CuratedForm } from "../knowledge/curated_form.tsx";
import { useLoaded } from "../shared/loading.ts";
import { collectionId } from "../shared/names.ts";
import { may } from "../shared/permissions.ts";
import { hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { t } from "../texts.ts";
import { Hits } from "./hits.tsx";

const MOST_QUESTION = 500;

export function Correction({ turn }: { turn: Turn }) {
  const { services, me, config } = useDesk();
  const [writing, setWriting] = useState(false);
  const mayWrite = may(me, "knowledge");
  const collections = useLoaded<readonly Collection[]>(
    async (signal) => (writing ? (await services.knowledge.listCollections({ pageSize: 100 }, { signal })).collections : []),
    [services, writing],
  );
  const cited = turn.completed?.citations[0]?.passage ?? turn.passages[0]?.name ?? "";
  const [, collection = "", , document = ""] = cited.split("/");
  const into =
    collections.value?.find((one) => collectionId(one.name) === collection) ??
    collections.value?.find((one) => config.collections.some((offered) => offered.endsWith(collectionId(one.name)))) ??
    collections.value?.[0];
  const draft = create(CuratedAnswerSchema, { questions: [turn.question.slice(0, MOST_QUESTION)], answer: plain(turn), language: turn.language });
  return (
    <>
      <span class="soft">{t("correct")}:</span>
      {mayWrite && turn.question !== "" ? (
        <button type="button" class="button small" onClick={() => setWriting(true)}>
          {t("correctCurated")}
        </button>
      ) : null}
      {mayWrite && document !== "" ? (
        <a class="button small" href={hrefOf("knowledge", collection, "documents", document)}>
          {t("correctDocument")}
        </a>
      ) : null}
      {may(me, "settings") ? (
        <a class="button small" href={newGoldenHref(turn.name)}>
          {t("correctGolden")}
        </a>
      ) : null}
      {writing && into ? (
        <CuratedForm
          answer={draft}
          collection={into.name}
          collections={collections.value ?? []}
          beside={(questions, language) => <Hits wordings={questions} language={language || turn.language} />}
          onClose={() => setWriting(false)}
          onSaved={() => setWriting(false)}
        />
      ) : null}
    </>
  );
}

/** The answer without its citations; none where the customer was handed over. */
function plain(turn: Turn): string {
  return turn.handoff ? "" : turn.text.replace(/ ?\[\d{1,3}\]/g, "");
}
