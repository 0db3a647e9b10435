/** From when and until when a document or a curated answer is valid, and whether today is within that. */

import type { Document } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { Badge } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { today, validityOn } from "./documents_state.ts";

export function ValidityText({ document }: { document: Pick<Document, "validFrom" | "validUntil"> }) {
  const span = [document.validFrom || "…", document.validUntil || "…"].join(" – ");
  switch (validityOn(document, today())) {
    case "ended":
      return (
        <>
          <Badge kind="danger">{t("validityEnded")}</Badge> <span class="nowrap">{span}</span>
        </>
      );
    case "ending":
      return (
        <>
          <Badge kind="warn">{t("validityEnding")}</Badge> <span class="nowrap">{span}</span>
        </>
      );
    case "coming":
      return (
        <>
          <Badge>{t("validityComing")}</Badge> <span class="nowrap">{span}</span>
        </>
      );
    case "valid":
      return document.validFrom || document.validUntil ? <span class="nowrap">{span}</span> : <span class="soft">{t("always")}</span>;
  }
}
