/** Golden questions and runs of a company in memory. A run asks until it is stopped, or `finish` is called. */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ConnectRouter } from "@connectrpc/connect";

import {
  GoldenAnswer_Verdict,
  type GoldenQuestion,
  GoldenQuestionSchema,
  GoldenQuestionService,
  GoldenResult_Change,
  type GoldenResultSchema,
  type GoldenRun,
  GoldenRun_State,
  GoldenRun_Trigger,
  GoldenRunSchema,
} from "../../src/gen/kefu/router/v1/golden_pb.ts";

export class GoldenShelf {
  readonly questions: GoldenQuestion[] = ["refunds", "label"].map((id) => create(GoldenQuestionSchema, { name: `goldenQuestions/${id}`, text: `How long? (${id})` }));
  readonly runs: GoldenRun[] = [];
  /** Of every run. */
  results: MessageInitShape<typeof GoldenResultSchema>[] = [];
  /** How many runs were left before their end. */
  stopped = 0;
  private finished = () => {};

  /** A run that is over. */
  ran(fields: MessageInitShape<typeof GoldenRunSchema>): GoldenRun {
    const run = create(GoldenRunSchema, {
      name: `goldenRuns/r${this.runs.length}`,
      trigger: GoldenRun_Trigger.DEMAND,
      state: GoldenRun_State.FINISHED,
      startTime: timestampFromMs(Date.UTC(2026, 10, 28, 9)),
      questions: 2,
      right: 2,
      ...fields,
    });
    this.runs.unshift(run);
    return run;
  }

  finish(): void {
    this.finished();
  }

  register(router: ConnectRouter): void {
    const shelf = this;
    router.service(GoldenQuestionService, {
      listGoldenQuestions: () => ({ questions: this.questions }),
      getGoldenQuestion: ({ name }) => ({ question: this.questions.find((one) => one.name === name)! }),
      listGoldenRuns: () => ({ runs: this.runs }),
      getGoldenRun: ({ name }) => ({ run: this.runs.find((one) => one.name === name)!, results: this.results }),
      async *runGoldenQuestions(_request, { signal }) {
        const run = create(GoldenRunSchema, { name: "goldenRuns/now", trigger: GoldenRun_Trigger.DEMAND, questions: 2, state: GoldenRun_State.RUNNING });
        yield { event: { case: "started", value: run } };
        const answer = { verdict: GoldenAnswer_Verdict.RIGHT, text: "7 days." };
        yield { event: { case: "result", value: { question: shelf.questions[0]!.name, change: GoldenResult_Change.STILL_RIGHT, answer } } };
        const left = await new Promise<boolean>((resolve) => {
          shelf.finished = () => resolve(false);
          signal.addEventListener("abort", () => resolve(true));
        });
        if (left) shelf.stopped += 1;
        else yield { event: { case: "finished", value: create(GoldenRunSchema, { ...run, state: GoldenRun_State.FINISHED, right: 2 }) } };
      },
    });
  }
}
