/** A cited passage, with the words that the answer rests on marked in it. */
import { useEffect, useRef } from "preact/hooks";
import { Dialog } from "../shared/dialog.tsx";
import { safeAddress } from "../shared/markdown.tsx";
import { Icon } from "../shared/icons.tsx";
import { PassageText } from "../shared/passage.tsx";
import type { Entry } from "./entry.ts";
import { evidenceFor } from "./footnotes.ts";
import { highlighted } from "./highlight.ts";
import { sourceName } from "./message.tsx";
import { t } from "./texts_answers.ts";

export interface Shown {
  entry: Entry;
  number: number;
}

export function EvidencePanel({ shown: { entry, number }, onClose }: { shown: Shown; onClose: () => void }) {
  const passage = entry.passages.value.find((one) => one.number === number);
  const evidence = evidenceFor(entry.completed.value, number);
  const { pieces, missing } = highlighted(passage?.text ?? "", evidence);
  const address = safeAddress(passage?.uri ?? "");
  const first = useRef<HTMLElement>(null);
  useEffect(() => first.current?.scrollIntoView({ block: "center" }), [entry, number]);
  return (
    <Dialog kind="panel" title={sourceName(number, entry.passages.value)} closeLabel={t("close")} onClose={onClose}>
      {passage && passage.headings.length > 0 && <p class="trail">{passage.headings.join(" › ")}</p>}
      <p class="faint">{evidence.length > 0 ? t("cited_words") : t("no_words")}</p>
      {missing.map((words) => (
        <blockquote class="quoted">
          <span class="unseen">{t("quoted")}</span> <mark>{words}</mark>
        </blockquote>
      ))}
      <div class="passage" lang={passage?.language || undefined}>
        <PassageText pieces={pieces} first={first} />
      </div>
      {address && (
        <p>
          <a class="button" href={address} target="_blank" rel="noopener noreferrer">
            <Icon name="link" />
            {t("open_document")}
            <span class="unseen"> {t("opens_new")}</span>
          </a>
        </p>
      )}
    </Dialog>
  );
}
