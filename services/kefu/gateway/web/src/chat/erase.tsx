/** Asks before a conversation is erased. */
import { useState } from "preact/hooks";
import { Dialog } from "../shared/dialog.tsx";
import { announce } from "./announce.ts";
import type { Conversation } from "./conversation.ts";
import { t } from "./texts_answers.ts";

export function EraseDialog({ conversation, onClose }: { conversation: Conversation; onClose: () => void }) {
  const [failed, setFailed] = useState(false);
  const [busy, setBusy] = useState(false);
  const erase = async () => {
    setBusy(true);
    try {
      await conversation.erase();
      announce(t("erase_done"));
      onClose();
    } catch {
      setFailed(true);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog kind="box" title={t("erase_title")} closeLabel={t("close")} onClose={onClose}>
      <p>{t("erase_text")}</p>
      {failed && (
        <p class="error" role="alert">
          {t("erase_failed")}
        </p>
      )}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          {t("cancel")}
        </button>
        <button type="button" class="button danger" disabled={busy} onClick={() => void erase()}>
          {t("erase")}
        </button>
      </div>
    </Dialog>
  );
}
