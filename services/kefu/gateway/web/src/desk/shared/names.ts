/** The parts of resource names. */

/** "procedures/P", "actions/A" or "tenants/T/secrets/S" to what stands last. */
export function lastId(name: string): string {
  return name.split("/").at(-1) ?? "";
}

/** "sessions/S/turns/T" or "sessions/S" to "S". */
export function sessionId(name: string): string {
  return name.split("/")[1] ?? "";
}

/** "collections/C/..." to "C". */
export function collectionId(name: string): string {
  return name.split("/")[1] ?? "";
}

/** "collections/C/documents/D/passages/P" to "collections/C/documents/D". */
export function documentOf(name: string): string {
  return name.split("/").slice(0, 4).join("/");
}
