/** How a customer signs in: with a code by mail, here, or on the site that shows the chat. */
import { Code } from "@connectrpc/connect";
import { failureOf } from "@kefu/client";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Dialog } from "../shared/dialog.tsx";
import { announce } from "./announce.ts";
import type { SignIn } from "../shared/config.ts";
import type { Identity } from "./identity.ts";
import { type SignInKey, t } from "./texts_sign_in.ts";

const CODE = /^[0-9]{6}$/;
const MINUTE = 60_000;

/** In place of the message box, where nobody else is answered. */
export function SignInPanel({ signIn, identity }: { signIn: SignIn | null; identity: () => Promise<Identity> }) {
  const { email_codes = false, tokens = false } = signIn ?? {};
  return (
    <footer class="composer sign-in">
      <section class="inner" aria-labelledby="sign-in">
        {email_codes ? (
          <>
            <h2 id="sign-in">{t("required")}</h2>
            <EmailForm identity={identity} onDone={() => announce(t("done"))} />
            {tokens && <p class="faint">{t("or_on_site")}</p>}
          </>
        ) : (
          <p id="sign-in">{t("on_site")}</p>
        )}
      </section>
    </footer>
  );
}

/** Where signing in is the visitor's choice. */
export function SignInDialog({ identity, onClose }: { identity: () => Promise<Identity>; onClose: () => void }) {
  const done = () => {
    announce(t("done"));
    onClose();
  };
  return (
    <Dialog kind="box" title={t("title")} closeLabel={t("close")} onClose={onClose}>
      <EmailForm identity={identity} onDone={done} />
    </Dialog>
  );
}

interface Failed {
  key: SignInKey;
  /** Minutes to wait. */
  count: number;
}

/** An address, then the code that was sent to it. */
function EmailForm({ identity, onDone }: { identity: () => Promise<Identity>; onDone: () => void }) {
  const [email, setEmail] = useState("");
  const [code, setCode] = useState("");
  /** The address that the code was sent to; empty: none yet. */
  const [sentTo, setSentTo] = useState("");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Failed | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const moved = useRef(false);
  useEffect(() => {
    if (moved.current) field.current?.focus();
    moved.current = true;
  }, [sentTo]);

  const attempt = async (action: () => Promise<void>) => {
    setBusy(true);
    setFailed(null);
    try {
      await action();
    } catch (error) {
      setFailed(explained(error));
      field.current?.focus();
    } finally {
      setBusy(false);
    }
  };
  const refuse = (key: SignInKey) => {
    setFailed({ key, count: 0 });
    field.current?.focus();
  };
  const send = (to: string) =>
    attempt(async () => {
      await (await identity()).sendCode(to);
      setCode("");
      setSentTo(to);
    });
  const submit = (event: Event) => {
    event.preventDefault();
    if (busy) return;
    if (!sentTo) {
      const to = email.trim();
      const [before, after] = [to.slice(0, to.lastIndexOf("@")), to.slice(to.lastIndexOf("@") + 1)];
      if (!before || !after.includes(".")) return refuse("failed_email");
      void send(to);
    } else {
      const digits = code.replaceAll(" ", "");
      if (!CODE.test(digits)) return refuse("failed_digits");
      void attempt(async () => {
        await (await identity()).verifyCode(sentTo, digits);
        onDone();
      });
    }
  };

  const described = failed ? `${id}-error ${id}-help` : `${id}-help`;
  return (
    <form class="by-mail" onSubmit={submit} noValidate>
      <p id={`${id}-help`} role="status">
        {sentTo ? t("sent", { email: sentTo }) : t("why")}
      </p>
      <label for={`${id}-field`}>{t(sentTo ? "code" : "email")}</label>
      {sentTo ? (
        <input
          key="code"
          id={`${id}-field`}
          class="field"
          ref={field}
          type="text"
          inputmode="numeric"
          autocomplete="one-time-code"
          required
          maxLength={9}
          value={code}
          aria-describedby={described}
          aria-invalid={failed !== null}
          onInput={(event) => setCode(event.currentTarget.value)}
        />
      ) : (
        <input
          key="email"
          id={`${id}-field`}
          class="field"
          ref={field}
          type="email"
          autocomplete="email"
          required
          maxLength={254}
          value={email}
          aria-describedby={described}
          aria-invalid={failed !== null}
          onInput={(event) => setEmail(event.currentTarget.value)}
        />
      )}
      {failed && (
        <p id={`${id}-error`} class="error" role="alert">
          {t(failed.key, { count: failed.count })}
        </p>
      )}
      <div class="dialog-actions">
        {sentTo && (
          <>
            <button type="button" class="button quiet small" disabled={busy} onClick={() => (setFailed(null), setSentTo(""))}>
              {t("other")}
            </button>
            <button type="button" class="button quiet small" disabled={busy} onClick={() => void send(sentTo)}>
              {t("resend")}
            </button>
          </>
        )}
        <button type="submit" class="button primary" aria-disabled={busy}>
          {t(sentTo ? (busy ? "verifying" : "verify") : busy ? "sending" : "send")}
        </button>
      </div>
    </form>
  );
}

function explained(error: unknown): Failed {
  const { code, reason, retryAfter } = failureOf(error);
  const count = Math.max(1, Math.ceil((retryAfter ?? 0) / MINUTE));
  if (reason === "IDENTITY_NOT_VERIFIED") return { key: "failed_code", count };
  if (reason === "IDENTITY_OFF") return { key: "failed_off", count };
  if (code === Code.ResourceExhausted) return { key: "failed_limit", count };
  if (code === Code.InvalidArgument) return { key: "failed_email", count };
  return { key: "failed_away", count };
}
