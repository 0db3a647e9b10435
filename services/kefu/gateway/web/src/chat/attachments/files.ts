/**
 * The files that go along with the next message: chosen, uploaded one after the other, taken away again. Knows no elements.
 * What is taken is checked here first, so that nobody uploads 40 MB to learn that they are too many; the server checks again.
 */
import { type Credentials, failureOf, sessionOf, uploadAttachment } from "@kefu/client";
import { computed, signal } from "@preact/signals";
import type { Taken } from "../../shared/config.ts";
import { type FileKey, t } from "./texts.ts";

/** Where files are uploaded to, and for whom. */
export interface Place {
  /** "sessions/…", once a message that is on its way has opened it; empty before the first message. */
  session(): string | Promise<string>;
  credentials(): Credentials;
  /** Say something to whoever sees nothing. */
  announce(text: string): void;
}

/** A file on its way, or there. */
export class Attached {
  /** "sessions/…/attachments/…", once it is there. */
  readonly name = signal("");
  /** What is sent of it, 0 to 1. */
  readonly share = signal(0);
  readonly cancel = new AbortController();

  constructor(
    readonly key: string,
    readonly file: File,
  ) {}
}

export class Files {
  readonly all = signal<Attached[]>([]);
  /** Why the last file was not taken, or empty. */
  readonly problem = signal("");
  /** Something is still on its way. */
  readonly busy = computed(() => this.all.value.some((one) => one.name.value === ""));
  private last: Promise<unknown> = Promise.resolve();
  /** The session that earlier files have begun, or empty. */
  private begun = "";

  constructor(
    private readonly place: Place,
    readonly taken: Taken,
  ) {}

  /** Take files along, as far as they are taken. */
  add(files: readonly File[]): void {
    this.problem.value = "";
    for (const file of files) {
      const { max_bytes, max_per_message } = this.taken;
      if (this.all.value.length >= max_per_message) {
        this.refuse("too_many", { most: max_per_message });
        return;
      }
      if (file.size > max_bytes) this.refuse("too_large", { name: file.name, most: Math.floor(max_bytes / 2 ** 20) });
      else if (!this.taken.media_types.includes(file.type)) this.refuse("wrong_type", { name: file.name });
      else this.upload(file);
    }
  }

  /** Take one away again, here and on the server. */
  async remove(attached: Attached): Promise<void> {
    this.drop(attached);
    this.problem.value = "";
    attached.cancel.abort(new Error("It was taken away."));
    const name = attached.name.value;
    if (name) await this.erase(name);
  }

  /** The names of all that is there; they are the message's from now on. */
  take(): string[] {
    const names = this.all.value.map((one) => one.name.value).filter(Boolean);
    this.all.value = [];
    this.problem.value = "";
    return names;
  }

  /** The conversation is another one's. */
  clear(): void {
    for (const one of this.all.value) one.cancel.abort(new Error("The conversation was left."));
    this.begun = "";
    this.all.value = [];
    this.problem.value = "";
  }

  private upload(file: File): void {
    const attached = new Attached(crypto.randomUUID(), file);
    this.all.value = [...this.all.value, attached];
    // One after the other: the first one may name the session of the others.
    this.last = this.last.then(() => this.send(attached));
  }

  private async send(attached: Attached): Promise<void> {
    const { signal } = attached.cancel;
    if (signal.aborted) return;
    try {
      const session = (await this.place.session()) || this.begun;
      const onProgress = (share: number) => (attached.share.value = share);
      const { name } = await uploadAttachment("", this.place.credentials(), attached.file, { session, onProgress, signal });
      this.begun = sessionOf(name);
      if (signal.aborted) return await this.erase(name);
      attached.share.value = 1;
      attached.name.value = name;
      this.place.announce(t("added", { name: attached.file.name }));
    } catch (error) {
      if (signal.aborted) return;
      this.drop(attached);
      const { reason, metadata } = failureOf(error);
      const key = reason === "ATTACHMENT_REFUSED" ? (WHY[metadata["why"] ?? ""] ?? "broken") : (REASONS[reason] ?? "failed");
      this.refuse(key, { name: attached.file.name, most: Math.floor(this.taken.max_bytes / 2 ** 20) });
    }
  }

  private drop(attached: Attached): void {
    this.all.value = this.all.value.filter((one) => one !== attached);
  }

  private refuse(key: FileKey, values: Record<string, string | number>): void {
    this.problem.value = t(key, values);
  }

  private async erase(name: string): Promise<void> {
    const headers = { Authorization: `Bearer ${await this.place.credentials().token()}`, "Content-Type": "application/json" };
    const body = JSON.stringify({ name });
    // What is not erased now is so within hours: no message was sent with it.
    await fetch("/kefu.router.v1.AttachmentService/DeleteAttachment", { method: "POST", headers, body }).catch(() => undefined);
  }
}

const WHY: Partial<Record<string, FileKey>> = { type: "wrong_type", password: "password", pixels: "pixels", slow: "slow", broken: "broken" };
const REASONS: Partial<Record<string, FileKey>> = {
  REQUEST_TOO_LARGE: "too_large",
  ATTACHMENT_LIMIT: "full",
  ATTACHMENTS_OFF: "off",
  VISITOR_LIMIT: "later",
  ADDRESS_LIMIT: "later",
  STORAGE_FULL: "later",
  IDENTITY_REQUIRED: "sign_in",
};
