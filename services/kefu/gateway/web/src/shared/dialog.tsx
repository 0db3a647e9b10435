/**
 * A modal <dialog>: the browser keeps the focus inside, closes it on Escape and gives the focus back to where it was.
 * "panel" stands at the side and fills a phone's screen, "box" in the middle.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Icon } from "./icons.tsx";

interface DialogProps {
  kind: "panel" | "box";
  title: string;
  closeLabel: string;
  onClose: () => void;
  children: ComponentChildren;
}

/** Open as long as it is rendered. */
export function Dialog({ kind, title, closeLabel, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    if (element && !element.open) element.showModal();
    return () => {
      if (element?.open) element.close();
      const now = document.activeElement;
      const isElsewhere = now && now !== document.body && !element?.contains(now); // who writes already goes on writing
      if (!isElsewhere && before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={kind}
      aria-labelledby={heading}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget && outside(event, event.currentTarget)) event.currentTarget.close();
      }}
    >
      <div class="dialog-head">
        <h2 id={heading}>{title}</h2>
        <button type="button" class="button quiet icon" aria-label={closeLabel} onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </div>
      {children}
    </dialog>
  );
}

/** A click on the backdrop counts as one on the dialog: only its place tells. */
function outside(event: MouseEvent, dialog: HTMLDialogElement): boolean {
  const box = dialog.getBoundingClientRect();
  const inside =
    event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  return !inside;
}
