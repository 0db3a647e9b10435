/** Shown when not even /api/config could be read. */

import { Notice } from "./shared/ui.tsx";
import { t } from "./texts.ts";

export function Unreachable({ onRetry }: { onRetry: () => void }) {
  return (
    <main class="gate">
      <div class="gate-card stack">
        <h1>{t("deskTitle")}</h1>
        <Notice kind="danger">{t("troubleUnreachable")}</Notice>
        <button type="button" class="button primary wide" onClick={onRetry}>
          {t("retry")}
        </button>
      </div>
    </main>
  );
}
