/** Closes many conversations that wait: each is claimed and closed, so that none is taken from a colleague. */

import { failureOf } from "@kefu/client";
import { ReturnSessionRequest_To } from "../../gen/kefu/router/v1/desk_pb.ts";
import type { Services } from "../shared/services.ts";

/** Conversations that are closed at the same time. */
const AT_ONCE = 4;
/** Somebody was faster: what they do with it stands. */
const SETTLED = new Set(["ALREADY_CLAIMED", "CLAIM_LOST", "SESSION_CLOSED", "SESSION_NOT_FOUND"]);

export interface Closed {
  readonly closed: number;
  /** Left alone: taken over, closed or deleted by somebody else meanwhile. */
  readonly skipped: number;
}

/** Closes them all, and tells how far it is. Rejects at the first failure that is no colleague's doing. */
export async function closeAll(services: Services, agent: string, names: readonly string[], told: (so: Closed) => void): Promise<Closed> {
  let so: Closed = { closed: 0, skipped: 0 };
  const left = [...names];
  const work = async () => {
    for (let session = left.shift(); session !== undefined; session = left.shift()) {
      try {
        const { claim } = await services.desk.claimSession({ session, agent, takeOver: false });
        await services.desk.returnSession({ session, claim, to: ReturnSessionRequest_To.CLOSED });
        so = { ...so, closed: so.closed + 1 };
      } catch (error) {
        if (!SETTLED.has(failureOf(error).reason)) {
          left.length = 0; // the others stop as well
          throw error;
        }
        so = { ...so, skipped: so.skipped + 1 };
      }
      told(so);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return so;
}
