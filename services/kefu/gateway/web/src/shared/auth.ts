/** Who the page is: a visitor who is the same after a reload, or whoever pasted a key or signed in. */
import { type Credentials, visitor as visitorOf } from "@kefu/client";
import { store, stored } from "./storage.ts";

export { type Credentials, fixedToken, NoVisitors } from "@kefu/client";

/**
 * A visitor of `base`, whose token is kept in this browser. Once another page has forgotten it there, or put another one
 * in its place, it is kept no more: whoever signed out there is not to come back from here.
 */
export function visitor(base: string): Credentials {
  let last = stored("visitor");
  return visitorOf(base, {
    read: () => last,
    write: (value) => {
      if (stored("visitor") !== last) return;
      store("visitor", value);
      last = value;
    },
  });
}
