/**
 * Who the customer is: nobody that is known, or somebody whose identity the site or a code by mail has proved. What one
 * person wrote is never on the page, or in the browser's storage, while another one is signed in. Knows no elements.
 *
 * A customer's token stays on this page: the next one may be another customer's. Two things are in the browser's storage,
 * the anonymous visitor's, and, for this tab alone, who signed in by mail, whom no site identifies again after a reload.
 */
import type { Client } from "@connectrpc/connect";
import { type Credentials, type Identified, identify, proven, sendEmailCode, verifyEmailCode } from "@kefu/client";
import type { ChatService } from "../gen/kefu/router/v1/chat_pb.js";
import { visitor } from "../shared/auth.ts";
import { language } from "../shared/i18n.ts";
import { store } from "../shared/storage.ts";
import { hush } from "./announce.ts";
import type { Conversation } from "./conversation.ts";
import { BY_MAIL, type Person } from "./person.ts";

/** Whoever shows the chat has this long to bring another token. */
const SITE_ANSWERS = 15_000;

export type ClientOf = (credentials: Credentials) => Client<typeof ChatService>;

export class Identity {
  /** Grows with each sign-in and sign-out: of one that was overtaken nothing counts. */
  private turn = 0;
  /** Whose token is being verified; empty when it does not say. */
  private proving: string | null = null;
  /** Takes the proof that the site was asked for; null: there is none, or the customer is another one. */
  private renewed: ((found: Identified | null) => void) | null = null;

  constructor(
    private readonly base: string,
    private readonly person: Person,
    private readonly clientOf: ClientOf,
    private readonly conversation: Conversation,
    private anonymous: Credentials,
    /** Asks the site for a token; null where no site shows the chat. */
    private readonly askSite: (() => void) | null,
  ) {}

  /** Take up a sign-in by mail from before a reload. */
  async restore(): Promise<void> {
    const kept = keptByMail();
    if (kept) await this.become(() => Promise.resolve({ ...kept, expires_in: 0 }));
    else await this.conversation.load();
  }

  /** The site says who its customer is; null: nobody. Rejects with KefuError when its token proves nothing. */
  async identify(token: string | null): Promise<void> {
    const now = this.person.customer.value?.sub ?? this.proving;
    if (token === null) {
      if (now !== null) this.leave();
      return;
    }
    const sub = subjectOf(token);
    if (now !== null && now !== sub) this.leave(); // at once: the page is not that customer's any more
    this.proving = sub;
    await this.become(async () => identify(this.base, await this.anonymous.token(), token));
  }

  /** Have a code sent. Rejects with KefuError. */
  async sendCode(email: string): Promise<void> {
    await sendEmailCode(this.base, await this.anonymous.token(), email, language.value);
  }

  /** Sign in with the code. Rejects with KefuError. */
  async verifyCode(email: string, code: string): Promise<void> {
    await this.become(async () => verifyEmailCode(this.base, await this.anonymous.token(), email, code));
  }

  private async become(prove: () => Promise<Identified>): Promise<void> {
    const turn = ++this.turn;
    const before = this.person.customer.value;
    this.person.pending.value = true;
    try {
      await this.conversation.hold();
      if (turn !== this.turn) return;
      const found = await prove();
      if (turn !== this.turn) return;
      if (before && before.sub !== found.customer.sub) this.leave();
      if (found.customer.method === "email_code") keepByMail(found);
      this.person.customer.value = found.customer;
      this.person.ended.value = false;
      this.settled();
      this.renewed?.(found);
      const again = () => this.again(found.customer.method === "email_code");
      await this.conversation.goAlong(this.clientOf(proven(this.base, again, found)));
    } catch (error) {
      if (turn !== this.turn) return;
      if (before) this.end(); // who it is now is not known
      else this.conversation.resume();
      throw error;
    } finally {
      if (turn === this.turn) this.settled();
    }
  }

  /** The gateway renews the customer's token no longer: the site is asked for a new one, if there is one to ask. */
  private async again(byMail: boolean): Promise<Identified> {
    const { turn } = this;
    const found = await new Promise<Identified | null>((resolve) => {
      if (byMail || !this.askSite) return resolve(null);
      const timer = setTimeout(() => resolve(null), SITE_ANSWERS);
      this.renewed = (found) => {
        this.renewed = null;
        clearTimeout(timer);
        resolve(found);
      };
      this.askSite();
    });
    if (found) return found;
    if (turn === this.turn) this.end();
    throw new Error("The sign-in is over.");
  }

  private settled(): void {
    this.person.pending.value = false;
    this.proving = null;
  }

  private end(): void {
    this.leave();
    this.person.ended.value = true;
  }

  /** Sign out: nobody that is known, and another visitor than before. */
  leave(): void {
    this.turn += 1;
    this.settled();
    this.renewed?.(null);
    this.person.customer.value = null;
    this.person.ended.value = false;
    keepByMail(null);
    store("visitor", null);
    this.anonymous = visitor(this.base);
    this.conversation.leave(this.clientOf(this.anonymous));
    hush();
    this.person.changes.value += 1;
  }
}

/** What a token says of its customer, not verified: enough to know that it speaks of another one. Empty: nothing. */
function subjectOf(token: string): string {
  try {
    const [, payload = ""] = token.split(".");
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
    return String((JSON.parse(new TextDecoder().decode(bytes)) as { sub?: unknown }).sub);
  } catch {
    return "";
  }
}

function keepByMail(found: Identified | null): void {
  try {
    if (found) sessionStorage.setItem(BY_MAIL, JSON.stringify(found));
    else sessionStorage.removeItem(BY_MAIL);
  } catch {
    // No storage here, as in a private window: the customer signs in again after a reload.
  }
}

function keptByMail(): Identified | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(BY_MAIL) ?? "null") as Partial<Identified> | null;
    return kept?.token && kept.customer?.sub ? (kept as Identified) : null;
  } catch {
    return null;
  }
}
