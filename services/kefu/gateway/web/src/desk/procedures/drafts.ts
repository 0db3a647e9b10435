/** Pages of procedures that are being written: kept in the tab until they are saved, over other pages and a reload. */

export interface Draft {
  readonly page: string;
  /** The revision that the text was made from; 0 where the procedure is new. */
  readonly revision: bigint;
}

const PREFIX = "kefu.desk.procedure.";

function keyOf(tenant: string, id: string): string {
  return `${PREFIX}${tenant}.${id}`;
}

export function draftOf(tenant: string, id: string): Draft | null {
  const kept = sessionStorage.getItem(keyOf(tenant, id));
  if (kept === null) return null;
  const at = kept.indexOf("\n");
  return { revision: BigInt(kept.slice(0, at)), page: kept.slice(at + 1) };
}

export function keepDraft(tenant: string, id: string, draft: Draft): void {
  sessionStorage.setItem(keyOf(tenant, id), `${draft.revision}\n${draft.page}`);
}

export function dropDraft(tenant: string, id: string): void {
  sessionStorage.removeItem(keyOf(tenant, id));
}

/** The ids of procedures with a draft, in their order. */
export function draftIds(tenant: string): readonly string[] {
  const prefix = keyOf(tenant, "");
  return Object.keys(sessionStorage)
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length))
    .sort();
}
