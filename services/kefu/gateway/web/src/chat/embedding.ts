/**
 * The chat inside a site's iframe. The chat says that it is here, and no more, to whoever shows it; the site's page says
 * hello, by which its origin is known; from then on the two tell each other, and only each other, when the chat is to be
 * closed, where the focus goes, that a message has come, and who the site's customer is. Nothing that was written ever
 * leaves the iframe.
 */

export interface Site {
  /** The page stands, and can take the focus. */
  ready(): void;
  close(): void;
  /** A person's message has come. */
  unread(): void;
  /** A token of the customer's is asked for: the last one is good no more. */
  askIdentity(): void;
  /** Who takes what the site says of its customer; what it said before comes at once. */
  told(take: (message: OfCustomer) => void): void;
}

/** `token`: signed by the site; null: nobody is signed in there. `profile`: what the page claims, unverified. */
export type OfCustomer = { kefu: "identify"; token: string | null } | { kefu: "profile"; profile: Record<string, string> };
export type FromSite = { kefu: "hello" } | { kefu: "focus"; where: "first" | "last" | "message" } | OfCustomer;
export type ToSite = { kefu: "here" } | { kefu: "ready" } | { kefu: "close" } | { kefu: "unread" } | { kefu: "identify" };

const MOST_ENTRIES = 10;
const MOST_NAME = 40;
const MOST_VALUE = 200;

export function embedding(): Site {
  let origin = "";
  let stands = false;
  let take: ((message: OfCustomer) => void) | null = null;
  const early: OfCustomer[] = [];
  const tell = (message: ToSite) => {
    if (origin) parent.postMessage(message, origin);
  };
  addEventListener("message", (event: MessageEvent<Partial<FromSite> | null>) => {
    if (event.source !== parent || parent === window || typeof event.data !== "object" || event.data === null) return;
    if (event.data.kefu === "hello" && !origin) {
      origin = event.origin;
      if (stands) tell({ kefu: "ready" });
    } else if (event.data.kefu === "focus" && event.origin === origin) {
      focus((event.data as { where?: string }).where);
    } else if (event.origin === origin) {
      const message = ofCustomer(event.data);
      if (message && take) take(message);
      else if (message) early.push(message);
    }
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    if (document.querySelector("dialog[open], :popover-open")) return; // that is what Escape closes first
    tell({ kefu: "close" });
  });
  if (parent !== window) parent.postMessage({ kefu: "here" } satisfies ToSite, "*");
  const ready = () => {
    stands = true;
    tell({ kefu: "ready" });
  };
  return {
    ready,
    close: () => tell({ kefu: "close" }),
    unread: () => tell({ kefu: "unread" }),
    askIdentity: () => tell({ kefu: "identify" }),
    told: (by) => {
      take = by;
      for (const message of early.splice(0)) by(message);
    },
  };
}

/** Of a profile, what ConverseRequest.profile takes: a message with more would be refused. */
function ofCustomer(data: object): OfCustomer | null {
  const { kefu, token, profile } = data as { kefu?: unknown; token?: unknown; profile?: unknown };
  if (kefu === "identify" && (token === null || typeof token === "string")) return { kefu, token };
  if (kefu !== "profile" || typeof profile !== "object") return null;
  const entries = Object.entries(profile ?? {}).filter(([name, value]) => name && name.length <= MOST_NAME && value);
  const cut = entries.slice(0, MOST_ENTRIES).map(([name, value]) => [name, [...String(value)].slice(0, MOST_VALUE).join("")]);
  return { kefu, profile: Object.fromEntries(cut) as Record<string, string> };
}

/** To the message box, or to what stands in its place. */
export function focusOnMessage(): void {
  document.querySelector<HTMLElement>("textarea, .sign-in input")?.focus();
}

function focus(where: string | undefined): void {
  if (where === "message") return focusOnMessage();
  const stops = [...document.querySelectorAll<HTMLElement>("a[href], button:not([disabled]), textarea, input, [tabindex='0']")].filter(
    (one) => one.checkVisibility() && !one.closest("[popover]:not(:popover-open)") && !one.classList.contains("skip"),
  );
  stops.at(where === "last" ? -1 : 0)?.focus();
}
