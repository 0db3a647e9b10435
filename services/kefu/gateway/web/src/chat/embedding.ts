/**
 * The chat inside a site's iframe. The chat says that it is here, and no more, to whoever shows it; the site's page says
 * hello, by which its origin is known; from then on the two tell each other, and only each other, when the chat is to be closed, where the focus goes, and that a message has come. Nothing that was written ever
 * leaves the iframe.
 */

export interface Site {
  /** The page stands, and can take the focus. */
  ready(): void;
  close(): void;
  /** A person's message has come. */
  unread(): void;
}

export type FromSite = { kefu: "hello" } | { kefu: "focus"; where: "first" | "last" | "message" };
export type ToSite = { kefu: "here" } | { kefu: "ready" } | { kefu: "close" } | { kefu: "unread" };

export function embedding(): Site {
  let origin = "";
  let stands = false;
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
  return { ready, close: () => tell({ kefu: "close" }), unread: () => tell({ kefu: "unread" }) };
}

function focus(where: string | undefined): void {
  const message = document.querySelector<HTMLElement>("textarea");
  if (where === "message") return message?.focus();
  const stops = [...document.querySelectorAll<HTMLElement>("a[href], button:not([disabled]), textarea, input, [tabindex='0']")].filter(
    (one) => one.checkVisibility() && !one.closest("[popover]:not(:popover-open)") && !one.classList.contains("skip"),
  );
  stops.at(where === "last" ? -1 : 0)?.focus();
}
