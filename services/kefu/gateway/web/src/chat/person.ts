/** Who is at the page, as far as that is known. What finds it out is loaded where it is needed: see identity.ts. */
import type { Customer } from "@kefu/client";
import { computed, signal } from "@preact/signals";
import type { SignIn } from "../shared/config.ts";

/** Where this tab's storage says who signed in by mail. */
export const BY_MAIL = "kefu.customer";

export class Person {
  /** As verified; null: nobody that is known. */
  readonly customer = signal<Customer | null>(null);
  /** Grows when the page becomes another person's. */
  readonly changes = signal(0);
  /** A proof is being verified. */
  readonly pending = signal(false);
  /** The sign-in was over by itself. */
  readonly ended = signal(false);
  /** Nobody is answered whose identity is not verified. */
  readonly required = signal(false);
  /** A message cannot be written before signing in. */
  readonly locked = computed(() => this.required.value && !this.customer.value);

  constructor(readonly signIn: SignIn | null) {
    this.required.value = signIn?.mode === "required";
  }
}

/** Whether somebody has signed in by mail in this tab. */
export function hasSignedIn(): boolean {
  try {
    return sessionStorage.getItem(BY_MAIL) !== null;
  } catch {
    return false; // no storage here
  }
}
