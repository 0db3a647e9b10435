/** Who the page is: a visitor who is the same after a reload, or whoever pasted a key or signed in. */
import { type Credentials, visitor as visitorOf } from "@kefu/client";
import { store, stored } from "./storage.ts";

export { type Credentials, fixedToken, NoVisitors } from "@kefu/client";

/** A visitor of `base`, whose token is kept in this browser. */
export function visitor(base: string): Credentials {
  return visitorOf(base, { read: () => stored("visitor"), write: (value) => store("visitor", value) });
}
