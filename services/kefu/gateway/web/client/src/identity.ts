/** Customers whose identity is verified: by a token of the company's site, or by a code that was sent by mail. */
import { type Credentials, type Issued, proven, visitor } from "./credentials.ts";
import { failureOf, KefuError } from "./failure.ts";
import { reach } from "./reach.ts";
import { again } from "./retry.ts";
import { refusal } from "./refusal.ts";

/** A customer as verified: `sub`, the id at the company, how it was verified, and the claims that the company asks for. */
export interface Customer {
  sub: string;
  method: "token" | "shared_secret" | "email_code" | (string & {});
  [claim: string]: string;
}

/** A token of the customer, in place of the visitor's. */
export interface Identified extends Issued {
  customer: Customer;
  /** Conversations of the visitor that are the customer's now. */
  sessions_moved: number;
}

/**
 * A customer of `base`. `token` brings a token of the company's site (see `identityToken`); it is asked again when the
 * gateway no longer renews its own, after half a day. The conversations of `anonymous` go along: give the one that the
 * page had before. A token of the site is good for the visitor who brings it first.
 */
export function customer(
  base: string,
  token: () => string | Promise<string>,
  anonymous: Credentials = visitor(base),
): Credentials {
  return proven(base, async () => identify(base, await anonymous.token(), await token()));
}

/** Have a token of the company's site verified, for the visitor whose token that is. Rejects with KefuError. */
export function identify(base: string, visitorToken: string, token: string): Promise<Identified> {
  return again(() => post(base, "identify", visitorToken, { token }));
}

/** Send a code of six digits to a mail address, for this visitor. Rejects with KefuError. */
export async function sendEmailCode(base: string, visitorToken: string, email: string, language = ""): Promise<void> {
  await post(base, "email-code", visitorToken, { email, language });
}

/** Have the code verified that was sent. Rejects with KefuError. */
export function verifyEmailCode(base: string, visitorToken: string, email: string, code: string): Promise<Identified> {
  return post(base, "email-code/verify", visitorToken, { email, code });
}

async function post<Answer>(base: string, path: string, visitorToken: string, body: object): Promise<Answer> {
  try {
    const response = await reach(`${base}/api/${path}`, {
      method: "POST",
      headers: { Authorization: `Bearer ${visitorToken}`, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.ok) return (await response.json()) as Answer;
    throw refusal(response.status, await response.json().catch(() => null));
  } catch (error) {
    throw new KefuError(failureOf(error));
  }
}
