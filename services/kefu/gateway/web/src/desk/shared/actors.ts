/** Who did something, by the name that the audit log has for them. */

import { useLoaded } from "./loading.ts";
import { may } from "./permissions.ts";
import { useDesk } from "./session.ts";

/**
 * The name of "tenants/T/keys/K" or "tenants/T/users/U": one's own, and to administrators, who may list keys, what a key is
 * called. Else the part that tells people apart; of nobody, nothing.
 */
export function useActorNames(): (actor: string) => string {
  const { services, me } = useDesk();
  const keys = useLoaded<ReadonlyMap<string, string>>(
    async (signal) => {
      if (!may(me, "admin")) return new Map();
      const { keys } = await services.admin.listKeys({}, { signal });
      return new Map(keys.map((key) => [key.name, key.displayName]));
    },
    [services, me],
  );
  const short = (actor: string) => actor.replace(`tenants/${me.tenant}/`, "");
  const own = (actor: string) => (actor.endsWith(`/${me.subject}`) ? me.name : "");
  return (actor) => keys.value?.get(actor) || own(actor) || short(actor);
}
