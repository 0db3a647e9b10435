/** The contract's services, as the console calls them. */

import { type Client, createClient, type Transport } from "@connectrpc/connect";

import { KnowledgeService } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { SourceService } from "../../gen/kefu/retrieval/v1/source_pb.ts";
import { ActionService } from "../../gen/kefu/router/v1/action_pb.ts";
import { AdminService } from "../../gen/kefu/router/v1/admin_pb.ts";
import { AuditService } from "../../gen/kefu/router/v1/audit_pb.ts";
import { ChatService } from "../../gen/kefu/router/v1/chat_pb.ts";
import { DeskService } from "../../gen/kefu/router/v1/desk_pb.ts";
import { InsightService } from "../../gen/kefu/router/v1/insight_pb.ts";
import { ProcedureService } from "../../gen/kefu/router/v1/procedure_pb.ts";
import { WebhookService } from "../../gen/kefu/router/v1/webhook_pb.ts";

export interface Services {
  readonly actions: Client<typeof ActionService>;
  readonly admin: Client<typeof AdminService>;
  readonly audit: Client<typeof AuditService>;
  readonly chat: Client<typeof ChatService>;
  readonly desk: Client<typeof DeskService>;
  readonly insight: Client<typeof InsightService>;
  readonly knowledge: Client<typeof KnowledgeService>;
  readonly procedures: Client<typeof ProcedureService>;
  readonly sources: Client<typeof SourceService>;
  readonly webhooks: Client<typeof WebhookService>;
}

export function servicesOver(transport: Transport): Services {
  return {
    actions: createClient(ActionService, transport),
    admin: createClient(AdminService, transport),
    audit: createClient(AuditService, transport),
    chat: createClient(ChatService, transport),
    desk: createClient(DeskService, transport),
    insight: createClient(InsightService, transport),
    knowledge: createClient(KnowledgeService, transport),
    procedures: createClient(ProcedureService, transport),
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
