/** The last runs, and one of them with its results. */

import { type GetGoldenRunResponse, type GoldenRun, GoldenRun_State } from "../../gen/kefu/router/v1/golden_pb.ts";
import { useActorNames } from "../shared/actors.ts";
import { clock, number } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useLoaded } from "../shared/loading.ts";
import { lastId } from "../shared/names.ts";
import { hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, Empty, FailureNotice, Notice, PageHead } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { ResultList } from "./result_list.tsx";
import { begunBy, runStateText, runSummary } from "./words.ts";

export function RunList() {
  const { services } = useDesk();
  const loaded = useLoaded<readonly GoldenRun[]>(async (signal) => (await services.golden.listGoldenRuns({}, { signal })).runs, [services]);
  const nameOf = useActorNames();
  const runs = loaded.value ?? [];
  return (
    <>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value !== null && runs.length === 0 ? <Empty icon="question" title={t("noRuns")} /> : null}
      {runs.length > 0 ? (
        <div class="table-frame" tabIndex={0} role="region" aria-label={t("goldenRuns")}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("time")}</th>
                <th scope="col">{t("runTrigger")}</th>
                <th scope="col">{t("runOver")}</th>
                <th scope="col">{t("stateOf")}</th>
                <th scope="col" class="figure">
                  {t("rightCount")}
                </th>
                <th scope="col" class="figure">
                  {t("lostCount")}
                </th>
                <th scope="col" class="figure">
                  {t("gainedCount")}
                </th>
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => (
                <tr key={run.name}>
                  <th scope="row">
                    <a href={hrefOf("golden", "runs", lastId(run.name))}>{clock(run.startTime)}</a>
                  </th>
                  <td class="breakable">{begunBy(run, nameOf) || "–"}</td>
                  <td class="breakable">{run.draft === "" ? t("overLive") : run.draft}</td>
                  <td>
                    <Badge kind={run.state === GoldenRun_State.FINISHED ? "plain" : "warn"}>{runStateText(run)}</Badge>
                  </td>
                  <td class="figure">
                    {number(run.right)}/{number(run.questions)}
                  </td>
                  <td class="figure">{run.lost > 0 ? <Badge kind="danger">{number(run.lost)}</Badge> : "0"}</td>
                  <td class="figure">{number(run.gained)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </>
  );
}

export function RunPage({ id }: { id: string }) {
  const { services } = useDesk();
  const loaded = useLoaded<GetGoldenRunResponse>((signal) => services.golden.getGoldenRun({ name: `goldenRuns/${id}` }, { signal }), [services, id]);
  const nameOf = useActorNames();
  const run = loaded.value?.run;
  return (
    <div class="page">
      <PageHead title={run === undefined ? t("goldenRuns") : t("runOf", { time: clock(run.startTime) })}>
        <a class="button quiet" href={hrefOf("golden", "runs")}>
          <DeskIcon name="back" /> {t("backToRuns")}
        </a>
      </PageHead>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {run === undefined ? null : (
        <>
          <p class="soft breakable">
            {[begunBy(run, nameOf), run.draft === "" ? t("overLive") : run.draft, runStateText(run)].filter(Boolean).join(" · ")}
          </p>
          <Notice kind={run.lost > 0 ? "danger" : run.right === run.questions ? "good" : "warn"}>{runSummary(run)}</Notice>
          <ResultList run={run} results={loaded.value?.results ?? []} />
        </>
      )}
    </div>
  );
}
