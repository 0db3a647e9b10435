/** Conversations and reviews in memory, behind the contract's service: two answers, one of them replaced. */

import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ConnectRouter } from "@connectrpc/connect";

import { AnswerSource, Turn_State, type TurnSchema } from "../../src/gen/kefu/router/v1/chat_pb.ts";
import {
  type ExplainAnswerResponse,
  ExplainAnswerResponseSchema,
  FoundConversationSchema,
  type JudgeAnswerRequest,
  type Judgement,
  JudgementSchema,
  type ListMatchingQuestionsRequest,
  ReviewedTurnSchema,
  type ReviewServiceListConversationsRequest,
  ReviewService,
  Stratum,
  Verdict,
} from "../../src/gen/kefu/router/v1/review_pb.ts";
import type { MessageInitShape } from "@bufbuild/protobuf";

export const REFUND = "sessions/s1/turns/t1";
export const INVOICE = "sessions/s2/turns/t1";

type TurnInit = MessageInitShape<typeof TurnSchema>;

const turn = (name: string, question: string, text: string, source: AnswerSource): TurnInit => ({
  name,
  question,
  text,
  state: Turn_State.FINISHED,
  language: "en",
  createTime: timestampFromMs(Date.UTC(2026, 10, 25, 10)),
  completed: { source, citations: [{ start: 0n, end: 5n, number: 1, passage: "collections/help/documents/d1/passages/p1", title: "Refunds" }] },
});

export class ReviewShelf {
  /** What was asked, the last one last. */
  readonly asked: ReviewServiceListConversationsRequest[] = [];
  readonly judged: JudgeAnswerRequest[] = [];
  readonly compared: ListMatchingQuestionsRequest[] = [];
  readonly judgements = new Map<string, Judgement>();
  readonly turns = [
    turn(REFUND, "How long does a refund take?", "Refunds take 7 days [1].", AnswerSource.EXTRACTIVE),
    turn(INVOICE, "Can I have an <b>invoice</b>?", "Yes, by mail [1].", AnswerSource.GENERATED),
  ];

  reviewed(at: number) {
    const one = this.turns[at]!;
    const judgement = this.judgements.get(one.name ?? "");
    return create(ReviewedTurnSchema, {
      turn: one,
      marks: { replaced: at === 0, checked: at === 0, support: at === 0 ? 0.4 : 1, lowSupport: at === 0, stratum: at === 0 ? Stratum.REPLACED : Stratum.ORDINARY },
      ...(judgement ? { judgement } : {}),
    });
  }

  explained(): ExplainAnswerResponse {
    return create(ExplainAnswerResponseSchema, {
      turn: this.reviewed(0),
      explanation: {
        decision: "generate",
        profile: "sentence",
        searches: [
          {
            query: "How long does a refund take?",
            readAs: "how long does a refund take",
            found: [
              { passage: "collections/help/documents/d2/passages/p1", title: "Gift cards", relevance: 0.12, minRelevance: 0.42 },
              { passage: "collections/help/documents/d1/passages/p1", title: "Refunds", relevance: 0.91, minRelevance: 0.42 },
            ],
            curated: { question: "When is my refund there?", cosine: 0.9, leastCosine: 0.85, reason: "OTHER_WORDS" },
          },
        ],
        evidence: [{ asked: "How long does a refund take?", bearing: 0.4, bears: true, pieces: [{ text: "Refunds take 7 days.", chosen: true, score: 2 }, { text: "Refunds are free." }] }],
        model: { model: "tiny", failedCheck: "figure", cut: "Refunds take 9 days.", replacedBy: "evidence" },
      },
    });
  }

  register(router: ConnectRouter): void {
    router.service(ReviewService, {
      listConversations: (request) => {
        this.asked.push(request);
        const found = [0, 1].filter((at) => (!request.checked || at === 0) && this.turns[at]!.question!.toLowerCase().includes(request.words.toLowerCase()));
        return {
          conversations: found.map((at) =>
            create(FoundConversationSchema, { session: { name: this.turns[at]!.name!.split("/turns/")[0]! }, matches: [this.reviewed(at)], matchCount: 1 }),
          ),
          lookedAt: 2,
        };
      },
      getConversation: ({ session }) => ({ session: { name: session }, turns: [this.reviewed(session === "sessions/s1" ? 0 : 1)] }),
      explainAnswer: () => this.explained(),
      listMatchingQuestions: (request) => {
        this.compared.push(request);
        return { questions: [{ turn: REFUND, question: "how long does a refund take", wording: request.wordings[0]!, cosine: 0.97, count: 3 }], lookedAt: 2 };
      },
      getReviewSample: ({ day }) => ({
        day,
        final: true,
        answers: [0, 1].map((at) => ({ turn: this.reviewed(at), stratum: at === 0 ? Stratum.REPLACED : Stratum.ORDINARY })),
        strata: [
          { stratum: Stratum.REPLACED, answers: 3, drawn: 1 },
          { stratum: Stratum.ORDINARY, answers: 40, drawn: 1 },
        ],
      }),
      judgeAnswer: (request) => {
        this.judged.push(request);
        if (request.verdict === Verdict.UNSPECIFIED) {
          this.judgements.delete(request.turn);
          return {};
        }
        const judgement = create(JudgementSchema, { verdict: request.verdict, reviewer: request.reviewer, note: request.note });
        this.judgements.set(request.turn, judgement);
        return { judgement };
      },
      getReviewNumbers: () => {
        const judged = this.judgements.size;
        return judged === 0 ? { answers: 43 } : { judged, answers: 43, days: ["2026-11-25"], resolved: { share: 0.82, low: 0.74, high: 0.88 }, right: { share: 0.9, low: 0.8, high: 0.95 } };
      },
    });
  }
}
