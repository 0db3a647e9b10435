/** Files to drop or to choose; each shows how far it is and what became of it. */

import { useRef, useState } from "preact/hooks";

import { DocumentResult_Outcome, type DocumentResult } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { Icon } from "../../shared/icons.tsx";
import { failureText } from "../shared/failure_text.ts";
import { bytes } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useDesk } from "../shared/session.ts";
import { Labelled } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { afterReport, type FileState, importFile, type ImportOptions, ImportRefused, queued, share } from "./importing.ts";
import { doubtText, recognitionText } from "./recognition.ts";

const FORMATS = ".pdf,.docx,.pptx,.xlsx,.html,.htm,.md,.markdown,.txt,.csv,.json,.eml,.zip,.png,.jpg,.jpeg,.webp,.tif,.tiff";

export function Upload({ collection, onDone }: { collection: string; onDone: () => void }) {
  const { credentials } = useDesk();
  const [files, setFiles] = useState<readonly FileState[]>([]);
  const [over, setOver] = useState(false);
  const [staff, setStaff] = useState(false);
  const [validUntil, setValidUntil] = useState("");
  const chooser = useRef<HTMLInputElement>(null);
  const queue = useRef<Promise<void>>(Promise.resolve());
  const nextId = useRef(0);

  const change = (id: number, step: (file: FileState) => FileState) => {
    setFiles((all) => all.map((file) => (file.id === id ? step(file) : file)));
  };

  const take = (chosen: readonly File[]) => {
    const options: ImportOptions = {
      ...(staff ? { audience: "AUDIENCE_STAFF" } : {}),
      ...(validUntil ? { valid_until: validUntil } : {}),
    };
    const added = chosen.map((file) => ({ file, state: queued(nextId.current++, file.webkitRelativePath || file.name, file.size) }));
    setFiles((all) => [...added.map(({ state }) => state), ...all.filter(({ phase }) => phase !== "done")]);
    // One after the other: the embedder is the bottleneck, and a file that fails harms no other.
    queue.current = added
      .reduce((before, { file, state }) => before.then(() => send(file, state, options)), queue.current)
      .then(onDone);
  };

  const send = async (file: File, { id, path }: FileState, options: ImportOptions) => {
    change(id, (state) => ({ ...state, phase: "sending" }));
    try {
      for await (const report of importFile(collection, file, path, options, credentials, new AbortController().signal)) {
        change(id, (state) => afterReport(state, report));
      }
      change(id, (state) => (state.phase === "done" || state.phase === "failed" ? state : { ...state, phase: "failed", error: t("uploadBroken") }));
    } catch (error) {
      const text = error instanceof ImportRefused ? failureText(error.failure) : t("uploadBroken");
      change(id, (state) => ({ ...state, phase: "failed", error: text }));
    }
  };

  return (
    <section class="upload" aria-label={t("upload")}>
      <div
        class={`drop ${over ? "over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take([...(event.dataTransfer?.files ?? [])]);
        }}
      >
        <DeskIcon name="upload" />
        <p>
          <button type="button" class="button small" onClick={() => chooser.current?.click()}>
            {t("chooseFiles")}
          </button>{" "}
          {t("orDrop")}
        </p>
        <p class="hint">{t("uploadHint")}</p>
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          accept={FORMATS}
          aria-label={t("chooseFiles")}
          onChange={(event) => {
            take([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = "";
          }}
        />
      </div>
      <details class="upload-options">
        <summary>{t("uploadOptions")}</summary>
        <div class="row">
          <label class="check">
            <input type="checkbox" checked={staff} onChange={(event) => setStaff(event.currentTarget.checked)} /> {t("staffOnlyMore")}
          </label>
          <Labelled label={t("validUntil")}>
            {(id) => <input id={id} class="field" type="date" value={validUntil} onInput={(event) => setValidUntil(event.currentTarget.value)} />}
          </Labelled>
        </div>
      </details>
      {files.length > 0 ? (
        <ul class="uploads" aria-label={t("uploads")}>
          {files.map((file) => (
            <FileRow key={file.id} file={file} />
          ))}
        </ul>
      ) : null}
    </section>
  );
}

function FileRow({ file }: { file: FileState }) {
  const done = share(file);
  const own = file.results.find((result) => result.path === file.path);
  const inside = file.results.filter((result) => result.path !== file.path && result.outcome === DocumentResult_Outcome.FAILED);
  return (
    <li class={`upload-row ${file.phase}`}>
      <span class="upload-name">
        <strong dir="auto">{file.path}</strong> <span class="soft">{bytes(file.size)}</span>
      </span>
      <span class="upload-state" role="status">
        {file.phase === "done" ? <Icon name="check" /> : file.phase === "failed" ? <Icon name="alert" /> : null}
        {phaseText(file, own)}
        {own?.recognition ? <span class="soft"> {[recognitionText(own.recognition), doubtText(own.recognition)].filter(Boolean).join(". ")}</span> : null}
      </span>
      {file.phase === "done" || file.phase === "failed" ? null : (
        <progress aria-label={t("progressOf", { name: file.path })} max={1} {...(done === null ? {} : { value: done })} />
      )}
      {inside.length > 0 ? (
        <ul class="upload-inside">
          {inside.map((result) => (
            <li key={result.path}>
              <span dir="auto">{result.path}</span>: {failureText(result)}
            </li>
          ))}
        </ul>
      ) : null}
    </li>
  );
}

function phaseText(file: FileState, own: DocumentResult | undefined): string {
  if (file.error !== "") return file.error;
  if (file.phase === "queued") return t("phaseQueued");
  if (file.phase === "sending") return t("phaseSending");
  if (file.phase === "reading") return t("phaseReading", { read: file.finished, count: file.total });
  if (file.phase === "embedding") return t("phaseEmbedding", { done: file.finished, count: file.total });
  switch (own?.outcome) {
    case DocumentResult_Outcome.CREATED:
      return t("outcomeCreated", { count: own.passages });
    case DocumentResult_Outcome.UPDATED:
      return t("outcomeUpdated", { count: own.passages });
    case DocumentResult_Outcome.UNCHANGED:
      return t("outcomeUnchanged");
    case DocumentResult_Outcome.UNPACKED:
      return t("outcomeUnpacked", { count: file.results.length - 1 });
    case DocumentResult_Outcome.FAILED:
      return failureText(own);
    default:
      return t("outcomeDone");
  }
}
