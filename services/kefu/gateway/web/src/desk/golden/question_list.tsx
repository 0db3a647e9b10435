/** The golden questions with green and red, and the run over them. */

import { useEffect, useState } from "preact/hooks";

import type { GoldenQuestion } from "../../gen/kefu/router/v1/golden_pb.ts";
import { clock } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useLeaveGuard } from "../shared/leaving.ts";
import { useLoaded } from "../shared/loading.ts";
import { lastId } from "../shared/names.ts";
import { hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, Confirm, Empty, FailureNotice, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { ExportButton, ImportDialog } from "./exchange.tsx";
import { ResultList } from "./result_list.tsx";
import { type Running, useRun } from "./running.ts";
import { isRed, runSummary, verdictKind, verdictText } from "./words.ts";

export function QuestionList() {
  const { services } = useDesk();
  const [importing, setImporting] = useState(false);
  const [onlyRed, setOnlyRed] = useState(false);
  const running = useRun();
  const loaded = useLoaded<readonly GoldenQuestion[]>(async (signal) => (await services.golden.listGoldenQuestions({}, { signal })).questions, [services]);
  useEffect(() => {
    if (!running.busy && running.run !== null) loaded.reload();
  }, [running.busy]);
  const questions = loaded.value ?? [];
  const red = questions.filter((one) => isRed(one.last));
  const shown = onlyRed ? red : questions;
  return (
    <>
      <div class="toolbar">
        <p class="soft page-lead">{t("goldenMore")}</p>
        <div class="row">
          <a class="button" href={hrefOf("golden", "new")}>
            <DeskIcon name="plus" /> {t("newGolden")}
          </a>
          <button type="button" class="button" onClick={() => setImporting(true)}>
            <DeskIcon name="upload" /> {t("importGolden")}
          </button>
          <ExportButton disabled={questions.length === 0} />
          <button type="button" class="button primary" disabled={running.busy || questions.length === 0} onClick={() => running.start([])}>
            <DeskIcon name="question" /> {t("runGolden")}
          </button>
        </div>
      </div>
      <FailureNotice failure={loaded.failure ?? running.failure} retry={loaded.reload} />
      <RunProgress running={running} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value !== null && questions.length === 0 ? (
        <Empty icon="question" title={t("noGolden")}>
          {t("noGoldenMore")}
        </Empty>
      ) : null}
      {questions.length > 0 ? (
        <>
          <label class="check">
            <input type="checkbox" checked={onlyRed} onChange={(event) => setOnlyRed(event.currentTarget.checked)} /> {t("onlyRed")} ({red.length})
          </label>
          <div class="table-frame" tabIndex={0} role="region" aria-label={t("golden")}>
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">{t("goldenQuestion")}</th>
                  <th scope="col">{t("verdict")}</th>
                  <th scope="col">{t("time")}</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((one) => (
                  <tr key={one.name}>
                    <th scope="row">
                      <a class="breakable" dir="auto" href={hrefOf("golden", "questions", lastId(one.name))}>
                        {one.text}
                      </a>
                    </th>
                    <td>{one.last === undefined ? <Badge>{t("goldenNotAsked")}</Badge> : <Badge kind={verdictKind(one.last.verdict)}>{verdictText(one.last.verdict)}</Badge>}</td>
                    <td>{one.last === undefined ? "–" : clock(one.last.time)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      ) : null}
      {importing ? (
        <ImportDialog
          onClose={() => setImporting(false)}
          onStored={() => {
            loaded.reload();
          }}
        />
      ) : null}
    </>
  );
}

/** How far a run is, and what it found when it is over. Whoever leaves the page before is asked. */
export function RunProgress({ running }: { running: Running }) {
  const { run, results, busy } = running;
  const guard = useLeaveGuard(busy);
  const asking = guard.asked ? (
    <Confirm title={t("stopRun")} action={t("stopAndLeave")} danger onConfirm={guard.leave} onClose={guard.stay}>
      <p>{t("stopRunMore")}</p>
    </Confirm>
  ) : null;
  if (run === null) {
    return busy ? (
      <>
        <Busy />
        {asking}
      </>
    ) : null;
  }
  const { questions } = run;
  if (busy) {
    return (
      <div class="golden-progress">
        <progress max={questions} value={results.length} aria-label={t("runGolden")} />
        <p class="soft" role="status">
          {t("asking", { judged: results.length, questions })}
        </p>
        {asking}
      </div>
    );
  }
  return (
    <>
      <Notice kind={run.lost > 0 ? "danger" : run.right === questions ? "good" : "warn"}>{runSummary(run)}</Notice>
      <ResultList run={run} results={results} />
    </>
  );
}
