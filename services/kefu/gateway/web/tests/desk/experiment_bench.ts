/** Experiments and drafts of a company in memory. */

import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";

import { Draft_State, type Draft, DraftSchema, DraftService } from "../../src/gen/kefu/retrieval/v1/draft_pb.ts";
import {
  type ArmFigures,
  ArmFiguresSchema,
  type Experiment,
  Experiment_End,
  ExperimentFigures_Verdict,
  ExperimentFiguresSchema,
  ExperimentSchema,
  ExperimentService,
} from "../../src/gen/kefu/router/v1/experiment_pb.ts";

export class ExperimentBench {
  readonly stored: Experiment[] = [];
  readonly drafts: Draft[] = [create(DraftSchema, { name: "collections/help/drafts/d1", title: "Refunds, shorter", state: Draft_State.OPEN })];

  register(router: ConnectRouter): void {
    router.service(DraftService, {
      listDrafts: () => ({ drafts: this.drafts }),
      getDraft: ({ name }) => ({ draft: this.drafts.find((one) => one.name === name)! }),
      listDraftChanges: () => ({ changes: [] }),
    });
    router.service(ExperimentService, {
      listExperiments: () => ({ experiments: this.stored }),
      startExperiment: ({ experiment }) => {
        const started = clone(ExperimentSchema, experiment!);
        started.name = `experiments/e${this.stored.length}`;
        started.startTime = timestampFromMs(Date.UTC(2026, 10, 28, 9));
        this.stored.unshift(started);
        return { experiment: started };
      },
      stopExperiment: ({ name }) => ({ experiment: this.end(name, Experiment_End.STOPPED) }),
      promoteExperiment: ({ name }) => {
        if (this.drafts[0]?.state === Draft_State.HELD) throw new ConnectError("Its last check failed.", Code.FailedPrecondition);
        return { experiment: this.end(name, Experiment_End.PROMOTED) };
      },
    });
  }

  /** What came of the conversations of the latest one. */
  count(draft: readonly [number, number], live: readonly [number, number]): void {
    this.stored[0]!.figures = create(ExperimentFiguresSchema, {
      draft: arm(...draft),
      live: arm(...live),
      difference: draft[1] / draft[0] - live[1] / live[0],
      differenceLow: 0.004,
      differenceHigh: 0.197,
      evidence: 31.8,
      falseAlarmRate: 0.05,
      verdict: ExperimentFigures_Verdict.DRAFT_BETTER,
    });
  }

  private end(name: string, end: Experiment_End): Experiment {
    const found = this.stored.find((one) => one.name === name)!;
    found.end = end;
    return found;
  }
}

function arm(conversations: number, resolved: number): ArmFigures {
  return create(ArmFiguresSchema, {
    conversations: BigInt(conversations),
    resolved: { count: BigInt(resolved), share: resolved / conversations, low: 0.7, high: 0.9 },
    firstText: { count: 1n, p95: 480 },
    fellBack: 2n,
  });
}
