/** Experiments: the one that runs with its figures, a form to start one, and those before. */

import { useId, useState } from "preact/hooks";

import { type ArmFigures, type ArmShare, type Experiment, Experiment_End, ExperimentFigures_Verdict } from "../../gen/kefu/router/v1/experiment_pb.ts";
import { clock, milliseconds, number, percent } from "../shared/format.ts";
import { useAction, useLoaded } from "../shared/loading.ts";
import { may } from "../shared/permissions.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, Confirm, FailureNotice, Labelled } from "../shared/ui.tsx";
import { t } from "../texts.ts";

const DEFAULT_SHARE = 10;
const MOST_SHARE = 50;
const DEFAULT_CONVERSATIONS = 2000;
const MOST_CONVERSATIONS = 100_000;

export function ExperimentsPanel() {
  const { services, me } = useDesk();
  const id = useId();
  const loaded = useLoaded(
    async (signal) => {
      const { experiments } = await services.experiments.listExperiments({}, { signal });
      return experiments;
    },
    [services],
  );
  const [latest, ...earlier] = loaded.value ?? [];
  const runs = latest?.end === Experiment_End.UNSPECIFIED;
  return (
    <section class="panel-card stack" aria-labelledby={id}>
      <h2 id={id}>{t("experiments")}</h2>
      <p class="soft">{t("experimentsMore")}</p>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value?.length === 0 ? <p class="none">{t("noExperiments")}</p> : null}
      {latest ? <ExperimentView experiment={latest} /> : null}
      {latest && runs ? <Verdicts experiment={latest} canPromote={may(me, "knowledge")} changed={loaded.reload} /> : null}
      {loaded.value !== null && !runs ? <StartForm changed={loaded.reload} /> : null}
      {earlier.length > 0 ? (
        <details>
          <summary>{t("experimentEarlier")}</summary>
          <div class="stack">
            {earlier.map((one) => (
              <ExperimentView key={one.name} experiment={one} />
            ))}
          </div>
        </details>
      ) : null}
    </section>
  );
}

export function ExperimentView({ experiment }: { experiment: Experiment }) {
  const { figures } = experiment;
  const [draft, live] = [figures?.draft, figures?.live];
  return (
    <article class="stack" aria-label={experiment.title || experiment.draft}>
      <p>
        <Badge kind={experiment.end === Experiment_End.UNSPECIFIED ? "accent" : "plain"}>{endText(experiment.end)}</Badge> <strong>{experiment.title || experiment.draft}</strong>{" "}
        <span class="soft">{t("experimentSince", { share: percent(experiment.sharePercent / 100), time: clock(experiment.startTime) })}</span>
      </p>
      {figures && draft && live ? (
        <>
          <p>
            <strong>{verdictText(figures.verdict)}</strong>{" "}
            {t("experimentTest", {
              difference: signed(figures.difference),
              low: signed(figures.differenceLow),
              high: signed(figures.differenceHigh),
              rate: percent(figures.falseAlarmRate),
            })}
          </p>
          <div class="table-frame" tabIndex={0} role="region" aria-label={t("armWhat")}>
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">{t("armWhat")}</th>
                  <th scope="col" class="figure">
                    {t("armDraft")}
                  </th>
                  <th scope="col" class="figure">
                    {t("armLive")}
                  </th>
                </tr>
              </thead>
              <tbody>
                <Row name={t("armConversations")} of={(arm) => number(arm.conversations)} {...{ draft, live }} />
                <Row name={t("armResolved")} of={(arm) => share(arm.resolved, arm)} {...{ draft, live }} />
                <Row name={t("armHandedOver")} of={(arm) => share(arm.handedOver, arm)} {...{ draft, live }} />
                <Row name={t("armRatedDown")} of={(arm) => share(arm.ratedDown, arm)} {...{ draft, live }} />
                <Row name={t("armFirstText")} of={(arm) => (arm.firstText?.count ? milliseconds(arm.firstText.p95) : "–")} {...{ draft, live }} />
              </tbody>
            </table>
          </div>
          <p class="soft">
            {t("experimentCounted", { n: number(draft.conversations + live.conversations), most: number(experiment.mostConversations) })}{" "}
            {t("experimentLeftOut", { repeated: number(draft.repeated + live.repeated), without: number(draft.withoutQuestion + live.withoutQuestion) })}{" "}
            {draft.fellBack > 0n ? t("experimentFellBack", { n: number(draft.fellBack) }) : ""}
          </p>
        </>
      ) : null}
    </article>
  );
}

function Row({ name, of, draft, live }: { name: string; of: (arm: ArmFigures) => string; draft: ArmFigures; live: ArmFigures }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="figure">{of(draft)}</td>
      <td class="figure">{of(live)}</td>
    </tr>
  );
}

/** What a person may do with the experiment that runs. Nothing is promoted by itself. */
function Verdicts({ experiment, canPromote, changed }: { experiment: Experiment; canPromote: boolean; changed: () => void }) {
  const { services } = useDesk();
  const [asks, setAsks] = useState<"stop" | "promote" | null>(null);
  const action = useAction();
  const close = () => {
    setAsks(null);
    action.clear();
  };
  const confirm = () => {
    action.run(async () => {
      const { name } = experiment;
      await (asks === "stop" ? services.experiments.stopExperiment({ name }) : services.experiments.promoteExperiment({ name }));
      close();
      changed();
    });
  };
  return (
    <div class="row">
      <button type="button" class="button" onClick={() => setAsks("stop")}>
        {t("experimentStop")}
      </button>
      {canPromote ? (
        <button type="button" class="button primary" onClick={() => setAsks("promote")}>
          {t("experimentPromote")}
        </button>
      ) : null}
      {asks ? (
        <Confirm
          title={asks === "stop" ? t("experimentStop") : t("experimentPromote")}
          action={asks === "stop" ? t("experimentStop") : t("experimentPromote")}
          busy={action.busy}
          failure={action.failure}
          onConfirm={confirm}
          onClose={close}
        >
          <p>{asks === "stop" ? t("experimentStopMore") : t("experimentPromoteMore", { draft: experiment.draft })}</p>
        </Confirm>
      ) : null}
    </div>
  );
}

function StartForm({ changed }: { changed: () => void }) {
  const { services, me } = useDesk();
  const knows = may(me, "knowledge");
  const drafts = useLoaded(
    async (signal) => (knows ? (await services.drafts.listDrafts({ collection: "collections/-", openOnly: true }, { signal })).drafts : null),
    [services, knows],
  );
  const [draft, setDraft] = useState("");
  const [title, setTitle] = useState("");
  const [sharePercent, setShare] = useState(DEFAULT_SHARE);
  const [mostConversations, setMost] = useState(DEFAULT_CONVERSATIONS);
  const action = useAction();
  const known = drafts.value;
  if (known?.length === 0) return <p class="none">{t("experimentNoDrafts")}</p>;
  const chosen = draft || (known?.[0]?.name ?? "");
  return (
    <form
      class="stack"
      aria-label={t("experimentStart")}
      onSubmit={(event) => {
        event.preventDefault();
        action.run(async () => {
          await services.experiments.startExperiment({ experiment: { draft: chosen, title, sharePercent, mostConversations } });
          changed();
        });
      }}
    >
      <div class="row">
        <Labelled label={t("experimentDraft")} {...(known ? {} : { hint: t("experimentDraftHint") })}>
          {(id, describedBy) =>
            known ? (
              <select id={id} class="field" value={chosen} onChange={(event) => setDraft(event.currentTarget.value)}>
                {known.map((one) => (
                  <option key={one.name} value={one.name}>
                    {one.title || one.name}
                  </option>
                ))}
              </select>
            ) : (
              <input id={id} class="field" required value={draft} aria-describedby={describedBy} onInput={(event) => setDraft(event.currentTarget.value)} />
            )
          }
        </Labelled>
        <Labelled label={t("experimentTitle")}>
          {(id) => <input id={id} class="field" maxLength={80} value={title} onInput={(event) => setTitle(event.currentTarget.value)} />}
        </Labelled>
        <Labelled label={t("experimentShare")} hint={t("experimentShareHint")}>
          {(id, describedBy) => (
            <input id={id} class="field" type="number" required min={1} max={MOST_SHARE} value={sharePercent} aria-describedby={describedBy} onInput={(event) => setShare(event.currentTarget.valueAsNumber || 0)} />
          )}
        </Labelled>
        <Labelled label={t("experimentMost")}>
          {(id) => (
            <input id={id} class="field" type="number" required min={1} max={MOST_CONVERSATIONS} value={mostConversations} onInput={(event) => setMost(event.currentTarget.valueAsNumber || 0)} />
          )}
        </Labelled>
      </div>
      <FailureNotice failure={action.failure} />
      <div class="row">
        <button type="submit" class="button primary" disabled={action.busy}>
          {t("experimentStart")}
        </button>
      </div>
    </form>
  );
}

function endText(end: Experiment_End): string {
  switch (end) {
    case Experiment_End.STOPPED:
      return t("experimentStopped");
    case Experiment_End.PROMOTED:
      return t("experimentPromoted");
    case Experiment_End.PLANNED:
      return t("experimentPlanned");
    case Experiment_End.DRAFT_GONE:
      return t("experimentDraftGone");
    default:
      return t("experimentRuns");
  }
}

function verdictText(verdict: ExperimentFigures_Verdict): string {
  switch (verdict) {
    case ExperimentFigures_Verdict.DRAFT_BETTER:
      return t("experimentBetter");
    case ExperimentFigures_Verdict.DRAFT_WORSE:
      return t("experimentWorse");
    default:
      return t("experimentUndecided");
  }
}

function share(of: ArmShare | undefined, arm: ArmFigures): string {
  if (of === undefined || arm.conversations === 0n) return "–";
  return t("armShare", { share: percent(of.share), low: percent(of.low), high: percent(of.high) });
}

function signed(difference: number): string {
  return `${difference > 0 ? "+" : ""}${percent(difference)}`;
}
