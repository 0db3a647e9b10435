/** Entries of the audit log, as the page reads them. */

import { timestampFromMs } from "@bufbuild/protobuf/wkt";

import type { AuditEntry } from "../../gen/kefu/router/v1/audit_pb.ts";
import type { Services } from "../shared/services.ts";

export interface AuditFilter {
  /** The last so many days; 0: all that are kept. */
  readonly days: number;
  readonly actor: string;
  readonly action: string;
  readonly failed: boolean;
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** Empty on the last page. */
  readonly next: string;
}

const PAGE_SIZE = 100;

/** The next entries that the filter lets through: the service looks through so many at a time, and may find none among them. */
export async function nextEntries(services: Services, filter: AuditFilter, pageToken: string, signal?: AbortSignal): Promise<AuditPage> {
  const { days, actor, action, failed } = filter;
  const since = days > 0 ? { startTime: timestampFromMs(Date.now() - days * 86_400_000) } : {};
  let token = pageToken;
  do {
    const request = { ...since, actor, action, failed, pageSize: PAGE_SIZE, pageToken: token };
    const page = await services.audit.listAuditEntries(request, signal ? { signal } : {});
    if (page.entries.length > 0) return { entries: page.entries, next: page.nextPageToken };
    token = page.nextPageToken;
  } while (token !== "");
  return { entries: [], next: "" };
}

/** All entries that the filter lets through, as JSON lines. */
export async function allLines(services: Services, filter: AuditFilter): Promise<string> {
  const lines: string[] = [];
  let token = "";
  do {
    const page = await nextEntries(services, filter, token);
    lines.push(...page.entries.map((entry) => `${entry.json}\n`));
    token = page.next;
  } while (token !== "");
  return lines.join("");
}
