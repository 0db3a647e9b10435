/** Pieces that several pages are made of. */

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

import { Dialog } from "../../shared/dialog.tsx";
import type { Failure } from "@kefu/client";
import { Icon } from "../../shared/icons.tsx";
import { t } from "../texts.ts";
import { failureText } from "./failure_text.ts";
import { DeskIcon, type DeskIconName } from "./icons.tsx";

/** What happened, said where it happened; a failure is read out at once. */
export function Notice({ kind, children }: { kind: "danger" | "warn" | "good" | "info"; children: ComponentChildren }) {
  return (
    <div class={`notice ${kind}`} role={kind === "danger" ? "alert" : "status"}>
      {kind === "danger" || kind === "warn" ? <Icon name="alert" /> : null}
      <div>{children}</div>
    </div>
  );
}

export function FailureNotice({ failure, retry }: { failure: Failure | null; retry?: () => void }) {
  if (failure === null) return null;
  return (
    <Notice kind="danger">
      {failureText(failure)}{" "}
      {retry ? (
        <button type="button" class="button small" onClick={retry}>
          {t("retry")}
        </button>
      ) : null}
    </Notice>
  );
}

export function Empty({ icon, title, children }: { icon: DeskIconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <DeskIcon name={icon} />
      <p class="empty-title">{title}</p>
      {children ? <div class="empty-more">{children}</div> : null}
    </div>
  );
}

export function Busy({ label = t("loading") }: { label?: string }) {
  return (
    <p class="busy" role="status">
      <span class="spinner" aria-hidden="true" /> {label}
    </p>
  );
}

export function Badge({ kind = "plain", children }: { kind?: "plain" | "accent" | "good" | "warn" | "danger"; children: ComponentChildren }) {
  return <span class={`badge ${kind}`}>{children}</span>;
}

/**
 * A label above its control, and below it what is to be known of it, or what is wrong with it. `children` gets the ids to
 * give to the control, and whether it is wrong.
 */
export function Labelled(props: {
  label: string;
  hint?: string;
  error?: string | undefined;
  children: (id: string, describedBy: string | undefined, invalid: boolean) => ComponentChildren;
}) {
  const { label, hint, error, children } = props;
  const id = useId();
  const hintId = hint ? `${id}-hint` : undefined;
  const errorId = error ? `${id}-error` : undefined;
  return (
    <div class="labelled">
      <label for={id}>{label}</label>
      {children(id, [errorId, hintId].filter(Boolean).join(" ") || undefined, error !== undefined)}
      {error ? (
        <p class="field-error" id={errorId}>
          <Icon name="alert" /> {error}
        </p>
      ) : null}
      {hint ? (
        <p class="hint" id={hintId}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}

/** Asks before something that cannot be taken back. */
export function Confirm(props: {
  title: string;
  children: ComponentChildren;
  action: string;
  danger?: boolean;
  busy?: boolean;
  failure?: Failure | null;
  onConfirm: () => void;
  onClose: () => void;
}) {
  return (
    <Dialog kind="box" title={props.title} closeLabel={t("close")} onClose={props.onClose}>
      <div class="stack">{props.children}</div>
      <FailureNotice failure={props.failure ?? null} />
      <div class="dialog-actions">
        <button type="button" class="button" onClick={props.onClose}>
          {t("cancel")}
        </button>
        <button type="button" class={`button ${props.danger ? "danger" : "primary"}`} disabled={props.busy} onClick={props.onConfirm}>
          {props.action}
        </button>
      </div>
    </Dialog>
  );
}

/** Pages of one section, as links: the address names the one that is shown. */
export function SubNav({ label, items }: { label: string; items: readonly { href: string; label: string; current: boolean; count?: number }[] }) {
  return (
    <nav class="subnav" aria-label={label}>
      {items.map((item) => (
        <a key={item.href} href={item.href} aria-current={item.current ? "page" : undefined}>
          {item.label}
          {item.count !== undefined ? <span class="count">{item.count}</span> : null}
        </a>
      ))}
    </nav>
  );
}

export function PageHead({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <header class="page-head">
      <h1>{title}</h1>
      <div class="page-tools">{children}</div>
    </header>
  );
}
