/** What the parts of a procedure's page share: the procedure as it is stored, and the text that is being written. */

import type { Procedure } from "../../gen/kefu/router/v1/procedure_pb.ts";

export interface OpenProcedure {
  /** Its revision is 0 until it is stored. */
  readonly stored: Procedure;
  readonly text: string;
  /** The revision that the text was made from. */
  readonly base: bigint;
  write(text: string): void;
  /** Another page is stored now. `text`: what is being written from then on; without it, whatever is there. */
  settle(stored: Procedure, text?: string): void;
}
