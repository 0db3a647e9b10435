/** A procedure that is open: its page as it is written, its revisions, and its simulation. */

import { create } from "@bufbuild/protobuf";
import { useEffect, useRef, useState } from "preact/hooks";

import { failureOf } from "@kefu/client";
import { type Procedure, ProcedureSchema } from "../../gen/kefu/router/v1/procedure_pb.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction, useLoaded } from "../shared/loading.ts";
import { go, hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Busy, Confirm, FailureNotice, PageHead, SubNav } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { type Draft, draftOf, dropDraft, keepDraft } from "./drafts.ts";
import type { OpenProcedure } from "./open_procedure.ts";
import { ProcedureEditor } from "./procedure_editor.tsx";
import { RevisionsPart } from "./revisions.tsx";
import { SimulationPart } from "./simulation.tsx";
import { titleOf } from "./titles.ts";

const PARTS = ["page", "revisions", "simulation"] as const;

export function ProcedurePage({ id, part }: { id: string; part: string }) {
  const { services, me } = useDesk();
  const name = `procedures/${id}`;
  const loaded = useLoaded<Procedure>(
    async (signal) => {
      try {
        const { procedure } = await services.procedures.getProcedure({ name }, { signal });
        return procedure ?? create(ProcedureSchema, { name });
      } catch (error) {
        const isNew = failureOf(error).reason === "PROCEDURE_NOT_FOUND" && draftOf(me.tenant, id) !== null;
        if (isNew) return create(ProcedureSchema, { name });
        throw error;
      }
    },
    [services, id],
  );
  return (
    <div class="page">
      <p>
        <a class="button quiet small" href={hrefOf("procedures", "pages")}>
          <DeskIcon name="back" /> {t("backToProcedures")}
        </a>
      </p>
      {loaded.value !== null ? (
        <Opened id={id} read={loaded.value} part={part} />
      ) : (
        <>
          <PageHead title={id} />
          {loaded.failure === null ? <Busy /> : <FailureNotice failure={loaded.failure} retry={loaded.reload} />}
        </>
      )}
    </div>
  );
}

function Opened({ id, read, part }: { id: string; read: Procedure; part: string }) {
  const { me } = useDesk();
  const [stored, setStored] = useState(read);
  const [draft, setDraft] = useState<Draft>(() => draftOf(me.tenant, id) ?? { page: read.page, revision: read.revision });
  const [deleting, setDeleting] = useState(false);
  const latest = useRef(draft);
  const isNew = stored.revision === 0n;
  const dirty = isNew || draft.page !== stored.page;

  const become = (next: Draft, of: Procedure) => {
    latest.current = next;
    setDraft(next);
    if (of.revision !== 0n && next.page === of.page) dropDraft(me.tenant, id);
    else keepDraft(me.tenant, id, next);
  };
  const open: OpenProcedure = {
    stored,
    text: draft.page,
    base: draft.revision,
    write: (text) => become({ ...latest.current, page: text }, stored),
    settle: (now, text) => {
      setStored(now);
      become({ page: text ?? latest.current.page, revision: now.revision }, now);
    },
  };

  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [dirty]);

  const shown = PARTS.find((one) => one === part) ?? "page";
  const labels = { page: t("page"), revisions: t("revisions"), simulation: t("simulation") };
  return (
    <>
      <PageHead title={titleOf(stored)}>
        <span class="soft mono breakable">{id}</span>
        <button type="button" class="button danger" onClick={() => setDeleting(true)}>
          {t("delete")}
        </button>
      </PageHead>
      <SubNav label={t("procedure")} items={PARTS.map((one) => ({ href: hrefOf("procedures", "pages", id, one), label: labels[one], current: one === shown }))} />
      {shown === "page" ? <ProcedureEditor open={open} dirty={dirty} /> : null}
      {shown === "revisions" ? <RevisionsPart open={open} dirty={dirty} /> : null}
      {shown === "simulation" ? <SimulationPart page={draft.page} /> : null}
      {deleting ? <Deleting id={id} stored={stored} onClose={() => setDeleting(false)} /> : null}
    </>
  );
}

function Deleting({ id, stored, onClose }: { id: string; stored: Procedure; onClose: () => void }) {
  const { services, me } = useDesk();
  const acting = useAction();
  return (
    <Confirm
      title={t("deleteProcedure")}
      action={t("delete")}
      danger
      busy={acting.busy}
      failure={acting.failure}
      onClose={onClose}
      onConfirm={() =>
        acting.run(async () => {
          if (stored.revision !== 0n) await services.procedures.deleteProcedure({ name: stored.name });
          dropDraft(me.tenant, id);
          go("procedures", "pages");
        })
      }
    >
      <p class="breakable" dir="auto">
        {stored.revision === 0n ? t("discardNew") : t("deleteProcedureMore", { title: titleOf(stored) })}
      </p>
    </Confirm>
  );
}
