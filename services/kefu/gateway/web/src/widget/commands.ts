/** What a site's scripts may tell the widget: kefu(command, …). */
import type { FromSite } from "../chat/embedding.ts";

/**
 * A token that the site's server has signed, or who brings one: then it is asked for again when the last one is spent.
 * It brings null when nobody is signed in any more.
 */
export type Token = string | (() => string | null | Promise<string | null>);

export interface Kefu {
  /** Says who the customer is; null: nobody is signed in any more. */
  (command: "identify", token: Token | null): void;
  /** Says what the page knows of the person. Nobody has verified it, and agents see it as that. */
  (command: "profile", profile: Record<string, string>): void;
  (command: "open" | "close"): void;
  (command: string, ...values: unknown[]): void;
  /** What a stub has taken before the script was there. */
  q?: ArrayLike<unknown>[];
}

/** What the commands need of the widget. */
export interface Widget {
  show(open: boolean): unknown;
  /** The chat is there, and was told hello. */
  isHere(): boolean;
  tell(message: FromSite): void;
  /** What to do when the chat has come, and when it asks for a token. */
  when(here: () => void, asked: () => void): void;
}

/**
 * Take the commands: at once those that wait in `queued`, and from then on those that `publish`ed function is called with.
 * They run once the returned function has been given the widget.
 */
export function commands(queued: ArrayLike<unknown>[], publish: (kefu: Kefu) => void): (widget: Widget) => void {
  const waiting = Array.from(queued, (values) => Array.from(values));
  let run: ((values: unknown[]) => void) | null = null;
  publish((...values: unknown[]) => void (run ? run(values) : waiting.push(values)));
  return (widget) => {
    run = running(widget);
    for (const values of waiting.splice(0)) run(values);
  };
}

function running(widget: Widget): (values: unknown[]) => void {
  let token: Token | null = null;
  let profile: Record<string, string> | null = null;
  /** Grows with each `identify`: what an earlier one brings late is not the customer's any more. */
  let turn = 0;

  const identify = async () => {
    const mine = turn;
    try {
      const brought = typeof token === "function" ? await token() : token;
      if (mine !== turn) return;
      if (brought !== null && typeof brought !== "string") throw new TypeError("it brought no string");
      widget.tell({ kefu: "identify", token: brought });
    } catch (error) {
      console.error('Kefu: the function of kefu("identify", …) brought no token:', error);
    }
  };
  const claim = () => profile && widget.tell({ kefu: "profile", profile });
  const again = () => void (token !== null && identify());
  widget.when(() => (again(), claim()), again);

  const known: Record<string, (value: unknown) => void> = {
    identify: (value) => {
      if (value !== null && typeof value !== "string" && typeof value !== "function") {
        return console.error('Kefu: kefu("identify", token) takes a string, a function that brings one, or null.');
      }
      if (turn > 0) profile = null; // it was said of whoever was there before
      token = value as Token | null;
      turn += 1;
      if (widget.isHere()) void identify();
    },
    profile: (value) => {
      if (typeof value !== "object" || value === null) {
        return console.error('Kefu: kefu("profile", { name, email, … }) takes an object.');
      }
      profile = Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, String(entry)]));
      if (widget.isHere()) claim();
    },
    open: () => widget.show(true),
    close: () => widget.show(false),
  };
  return ([command, value]) => {
    const act = Object.hasOwn(known, String(command)) ? known[String(command)] : undefined;
    if (act) act(value);
    else console.error(`Kefu: there is no command "${String(command)}"; there are ${Object.keys(known).join(", ")}.`);
  };
}
