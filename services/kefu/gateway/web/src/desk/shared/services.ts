/** The contract's services, as the console calls them. */

import { type Client, createClient, type Transport } from "@connectrpc/connect";

import { DraftService } from "../../gen/kefu/retrieval/v1/draft_pb.ts";
import { HistoryService } from "../../gen/kefu/retrieval/v1/history_pb.ts";
import { KnowledgeService } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { SourceService } from "../../gen/kefu/retrieval/v1/source_pb.ts";
import { ActionService } from "../../gen/kefu/router/v1/action_pb.ts";
import { AdminService } from "../../gen/kefu/router/v1/admin_pb.ts";
import { AttachmentService } from "../../gen/kefu/router/v1/attachment_pb.ts";
import { AuditService } from "../../gen/kefu/router/v1/audit_pb.ts";
import { ChatService } from "../../gen/kefu/router/v1/chat_pb.ts";
import { DeskService } from "../../gen/kefu/router/v1/desk_pb.ts";
import { GoldenQuestionService } from "../../gen/kefu/router/v1/golden_pb.ts";
import { ExperimentService } from "../../gen/kefu/router/v1/experiment_pb.ts";
import { InsightService } from "../../gen/kefu/router/v1/insight_pb.ts";
import { ProcedureService } from "../../gen/kefu/router/v1/procedure_pb.ts";
import { ReviewService } from "../../gen/kefu/router/v1/review_pb.ts";
import { WebhookService } from "../../gen/kefu/router/v1/webhook_pb.ts";

export interface Services {
  readonly actions: Client<typeof ActionService>;
  readonly admin: Client<typeof AdminService>;
  readonly attachments: Client<typeof AttachmentService>;
  readonly audit: Client<typeof AuditService>;
  readonly chat: Client<typeof ChatService>;
  readonly desk: Client<typeof DeskService>;
  readonly golden: Client<typeof GoldenQuestionService>;
  readonly drafts: Client<typeof DraftService>;
  readonly experiments: Client<typeof ExperimentService>;
  readonly histories: Client<typeof HistoryService>;
  readonly insight: Client<typeof InsightService>;
  readonly knowledge: Client<typeof KnowledgeService>;
  readonly procedures: Client<typeof ProcedureService>;
  readonly review: Client<typeof ReviewService>;
  readonly sources: Client<typeof SourceService>;
  readonly webhooks: Client<typeof WebhookService>;
}

export function servicesOver(transport: Transport): Services {
  return {
    actions: createClient(ActionService, transport),
    admin: createClient(AdminService, transport),
    attachments: createClient(AttachmentService, transport),
    audit: createClient(AuditService, transport),
    chat: createClient(ChatService, transport),
    desk: createClient(DeskService, transport),
    golden: createClient(GoldenQuestionService, transport),
    drafts: createClient(DraftService, transport),
    experiments: createClient(ExperimentService, transport),
    histories: createClient(HistoryService, transport),
    insight: createClient(InsightService, transport),
    knowledge: createClient(KnowledgeService, transport),
    procedures: createClient(ProcedureService, transport),
    review: createClient(ReviewService, transport),
    sources: createClient(SourceService, transport),
    webhooks: createClient(WebhookService, transport),
  };
}

/** Everything that a paged list holds, page by page, so that the first can be shown while the others come. */
export async function* pages<Page extends { nextPageToken: string }>(
  list: (pageToken: string) => Promise<Page>,
): AsyncGenerator<Page> {
  let token = "";
  do {
    const page = await list(token);
    yield page;
    token = page.nextPageToken;
  } while (token !== "");
}
