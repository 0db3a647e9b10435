/** One draft: how it stands, what it changes, a question tried over it, and what can be done with it. */

import { useEffect, useState } from "preact/hooks";

import { type Draft, Draft_State } from "../../gen/kefu/retrieval/v1/draft_pb.ts";
import { clock } from "../shared/format.ts";
import { useAction, useLoaded } from "../shared/loading.ts";
import { collectionId, lastId } from "../shared/names.ts";
import { hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Busy, Confirm, FailureNotice, Labelled, Notice } from "../shared/ui.tsx";
import { runOfMessage } from "../golden/address.ts";
import { t } from "../texts.ts";
import { AddToDraft } from "./add_documents.tsx";
import { DraftChanges } from "./changes.tsx";
import { StateBadges } from "./state_badges.tsx";
import { TryQuestion } from "./try_question.tsx";
import { countsText, isOpen } from "./words.ts";

const WATCH_MS = 2_000;

export function DraftPage({ collection, name, onChange }: { collection: string; name: string; onChange: () => void }) {
  const { services } = useDesk();
  const [asking, setAsking] = useState<"promote" | "discard" | null>(null);
  const [reason, setReason] = useState("");
  const [done, setDone] = useState("");
  const [round, setRound] = useState(0);
  const acting = useAction();
  const loaded = useLoaded<Draft | undefined>(async (signal) => (await services.drafts.getDraft({ name }, { signal })).draft, [services, name]);
  const draft = loaded.value;
  const { reload } = loaded;
  const checking = draft?.state === Draft_State.CHECKING;
  useEffect(() => {
    if (!checking) return;
    const timer = setInterval(reload, WATCH_MS);
    return () => {
      clearInterval(timer);
    };
  }, [checking, reload]);
  const changed = () => {
    setRound(round + 1);
    loaded.reload();
    onChange();
  };
  const close = () => {
    setAsking(null);
    acting.clear();
  };
  const act = (action: () => Promise<string>) => {
    acting.run(async () => {
      setDone(await action());
      setAsking(null);
      changed();
    });
  };
  if (draft === null || draft === undefined) {
    return (
      <>
        <BackLink collection={collection} />
        <FailureNotice failure={loaded.failure} retry={loaded.reload} />
        {loaded.failure === null ? <Busy /> : null}
      </>
    );
  }
  const needsReason = draft.state === Draft_State.HELD || draft.state === Draft_State.CHECKING;
  return (
    <>
      <BackLink collection={collection} />
      <h2 dir="auto">{draft.title}</h2>
      <p>
        <StateBadges draft={draft} /> <span class="soft">{`${countsText(draft.changes)} · ${draft.origin} · ${clock(draft.createTime)}`}</span>
      </p>
      {done !== "" ? <Notice kind="good">{done}</Notice> : null}
      {draft.check ? <CheckNotice draft={draft} /> : null}
      {draft.outdated ? <Notice kind="warn">{t("draftOutdatedMore")}</Notice> : null}
      {acting.failure !== null && asking === null ? <FailureNotice failure={acting.failure} /> : null}
      {isOpen(draft) ? (
        <>
          <div class="row tools">
            <AddToDraft collection={collection} draft={name} onDone={changed} />
            {draft.outdated ? (
              <button
                type="button"
                class="button"
                disabled={acting.busy}
                onClick={() =>
                  act(async () => {
                    const { taken, conflicts } = await services.drafts.refreshDraft({ name });
                    return t("refreshedDraft", { taken, conflicts: conflicts.length });
                  })
                }
              >
                {t("refreshDraft")}
              </button>
            ) : null}
            <button type="button" class="button primary" disabled={draft.outdated} onClick={() => setAsking("promote")}>
              {t("promoteDraft")}
            </button>
            <button type="button" class="button danger" onClick={() => setAsking("discard")}>
              {t("discardDraft")}
            </button>
          </div>
          <DraftChanges collection={collection} draft={name} round={round} />
          <TryQuestion collection={collection} draft={name} />
        </>
      ) : null}
      {asking === "promote" ? (
        <Confirm
          title={t("promoteDraftTitle")}
          action={t("promoteDraft")}
          busy={acting.busy || (needsReason && reason.trim() === "")}
          failure={acting.failure}
          onClose={close}
          onConfirm={() =>
            act(async () => {
              await services.drafts.promoteDraft({ name, override: needsReason, reason: needsReason ? reason : "" });
              return t("promotedDraft");
            })
          }
        >
          <p>{t("promoteDraftMore")}</p>
          {needsReason ? (
            <Labelled label={draft.state === Draft_State.CHECKING ? t("promoteUnchecked") : t("promoteAlthough")}>
              {(id) => <input id={id} class="field" dir="auto" required maxLength={200} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />}
            </Labelled>
          ) : null}
        </Confirm>
      ) : null}
      {asking === "discard" ? (
        <Confirm
          title={t("discardDraftTitle")}
          action={t("discardDraft")}
          danger
          busy={acting.busy}
          failure={acting.failure}
          onClose={close}
          onConfirm={() =>
            act(async () => {
              await services.drafts.discardDraft({ name });
              return t("draftDiscarded");
            })
          }
        >
          <p>{t("discardDraftMore")}</p>
        </Confirm>
      ) : null}
    </>
  );
}

function BackLink({ collection }: { collection: string }) {
  return (
    <p>
      <a href={hrefOf("knowledge", collectionId(collection), "drafts")}>← {t("allDrafts")}</a>
    </p>
  );
}

function CheckNotice({ draft }: { draft: Draft }) {
  const check = draft.check;
  if (check === undefined) return null;
  const counts = { passed: check.passed, failed: check.failed };
  const held = draft.state === Draft_State.HELD;
  const run = runOfMessage(check.message);
  return (
    <Notice kind={held ? "warn" : "info"}>
      <p>
        {held ? t("draftHeldMore", counts) : t("draftCheckedMore", counts)} {check.outdated ? t("draftCheckOld") : ""}
      </p>
      {check.message ? <p dir="auto">{check.message}</p> : null}
      {run === null ? null : (
        <p>
          <a href={hrefOf("golden", "runs", run)}>{t("bothAnswers")}</a>
        </p>
      )}
      {check.lost.length > 0 ? (
        <>
          <p>{t("draftLost")}</p>
          <ul>
            {check.lost.slice(0, 20).map((one) => (
              <li key={one} dir="auto">
                <a href={hrefOf("golden", "questions", lastId(one))}>{lastId(one)}</a>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </Notice>
  );
}
