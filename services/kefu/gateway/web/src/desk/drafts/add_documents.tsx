/** Documents put into a draft: a file replaces the document of the same path. */

import { useRef, useState } from "preact/hooks";

import { DocumentResult_Outcome } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { importFile, ImportRefused } from "../knowledge/importing.ts";
import { failureText } from "../shared/failure_text.ts";
import { useDesk } from "../shared/session.ts";
import { Busy, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";

const STORED: readonly DocumentResult_Outcome[] = [DocumentResult_Outcome.CREATED, DocumentResult_Outcome.UPDATED, DocumentResult_Outcome.UNCHANGED];

export function AddToDraft({ collection, draft, onDone }: { collection: string; draft: string; onDone: () => void }) {
  const { credentials } = useDesk();
  const picker = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState("");
  const [trouble, setTrouble] = useState("");

  const add = async (files: readonly File[]) => {
    setBusy(true);
    setTrouble("");
    let count = 0;
    const failed: string[] = [];
    for (const file of files) {
      let ended = false; // the file's own result comes last
      try {
        for await (const { report } of importFile(collection, file, file.name, { draft }, credentials, new AbortController().signal)) {
          if (report.case !== "result") continue;
          ended = ended || report.value.path === file.name;
          if (report.value.outcome === DocumentResult_Outcome.FAILED) failed.push(`${report.value.path}: ${failureText(report.value)}`);
          else if (STORED.includes(report.value.outcome)) count += 1;
        }
        if (!ended) failed.push(`${file.name}: ${t("uploadBroken")}`);
      } catch (error) {
        failed.push(`${file.name}: ${error instanceof ImportRefused ? failureText(error.failure) : t("uploadBroken")}`);
      }
    }
    setBusy(false);
    setSaid(count > 0 ? t("addedToDraft", { count }) : "");
    setTrouble(failed.join(" "));
    onDone();
  };

  return (
    <>
      <button type="button" class="button" disabled={busy} onClick={() => picker.current?.click()}>
        {t("addToDraft")}
      </button>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label={t("addToDraft")}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = "";
          if (files.length > 0) void add(files);
        }}
      />
      {busy ? <Busy /> : null}
      {said !== "" ? <Notice kind="good">{said}</Notice> : null}
      {trouble !== "" ? <Notice kind="danger">{trouble}</Notice> : null}
    </>
  );
}
