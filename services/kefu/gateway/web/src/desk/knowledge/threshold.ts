/** From which relevance on a passage is shown to the model, and who says so. */

import type { Duration } from "@bufbuild/protobuf/wkt";

import type { SearchHit } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";

export type Threshold =
  | { readonly of: "tenant" | "collection"; readonly value: number }
  /** Neither the tenant nor the collection has one: the installation's own counts, which no call tells. */
  | { readonly of: "unknown" };

/** As the router decides: TenantSettings.min_relevance, else what the collection was calibrated to. */
export function thresholdOf(hits: readonly SearchHit[], tenants: number | undefined): Threshold {
  if (tenants !== undefined) return { of: "tenant", value: tenants };
  const calibrated = hits.map((hit) => hit.signals?.minRelevance ?? 0).find((value) => value > 0);
  return calibrated === undefined ? { of: "unknown" } : { of: "collection", value: calibrated };
}

/** Where neither a tenant nor a collection says more. */
const DEFAULT = 0.5;

/** Whether live chat would show this hit to the model. */
export function isRelevant(hit: SearchHit, tenants: number | undefined): boolean {
  return hit.relevance >= (tenants ?? (hit.signals?.minRelevance || DEFAULT));
}

/** By relevance, so that what is shown to the model comes before what is not. */
export function byRelevance<One extends { readonly relevance: number }>(found: readonly One[]): One[] {
  return [...found].sort((a, b) => b.relevance - a.relevance);
}

export function durationMs(duration: Duration | undefined): number {
  return Number(duration?.seconds ?? 0n) * 1000 + (duration?.nanos ?? 0) / 1e6;
}
