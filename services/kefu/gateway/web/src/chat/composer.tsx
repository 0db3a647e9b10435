/** The message box. */
import { signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Session_State as State } from "../gen/kefu/router/v1/chat_pb.js";
import type { Taken } from "../shared/config.ts";
import { Icon } from "../shared/icons.tsx";
import { announce } from "./announce.ts";
import type { Conversation } from "./conversation.ts";
import { loadAnswers } from "./lazy.ts";
import { t } from "./texts.ts";

/** ConverseRequest.text, in characters as the server counts them. */
export const MOST = 4000;
const TOLD_FROM = 3600;

/** What shows files is loaded with the first one. */
const attaching = signal<typeof import("./attachments/attached.tsx") | null>(null);
let loading: Promise<typeof import("./attachments/attached.tsx")> | null = null;
/** One promise for all who wait, so that files keep their order. */
const load = () =>
  (loading ??= import("./attachments/attached.tsx").catch((error: unknown) => {
    loading = null; // the next file asks again
    throw error;
  }));

interface ComposerProps {
  conversation: Conversation;
  box: RefObject<HTMLTextAreaElement | null>;
  taken: Taken | null;
}

export function Composer({ conversation, box, taken }: ComposerProps) {
  const [text, setText] = useState("");
  /** So many files go along with the message that is to be sent as soon as it can be; null: none is. */
  const [awaited, setAwaited] = useState<number | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  const files = conversation.files.value;
  const AttachedFiles = attaching.value?.AttachedFiles;
  const add = async (list?: FileList) => {
    const chosen = [...(list ?? [])];
    if (!taken || chosen.length === 0) return;
    attaching.value ??= await load();
    const place = { session: () => conversation.sessionToBe(), credentials: () => conversation.credentials, announce };
    conversation.files.value ??= new attaching.value.Files(place, taken);
    conversation.files.value.add(chosen);
  };
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); // text is still dropped into the box
    };
    const drop = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      void add(event.dataTransfer?.files);
    };
    if (!taken) return;
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("drop", drop);
    };
  }, [taken]);
  const closed = conversation.state.value === State.CLOSED;
  const length = [...text.trim()].length;
  const left = MOST - length;
  const running = conversation.running.value;
  const attached = files ? files.all.value.length : 0;
  const sendable = length + attached > 0 && left >= 0 && !closed;
  const uploading = files?.busy.value ?? false;
  const busy = uploading || conversation.phase.value === "loading";
  // Sent while files are on their way: it goes with them, or waits for whoever wrote it where one of them is not taken.
  const waits = awaited !== null && awaited === attached;
  const send = () => {
    if (!sendable) return;
    setAwaited(busy ? attached : null);
    if (busy) {
      if (uploading) announce(t("sent_with_files"));
      return;
    }
    setText("");
    void conversation.send(text.trim(), files?.take());
    box.current?.focus();
  };

  useEffect(() => {
    if (awaited === null) return;
    if (!waits) setAwaited(null);
    else if (!busy) send();
  }, [awaited, waits, busy]);

  if (closed) {
    return (
      <footer class="composer">
        <div class="inner">
          <button type="button" class="button primary wide" onClick={() => conversation.fresh()}>
            {t("fresh")}
          </button>
        </div>
      </footer>
    );
  }
  return (
    <footer class="composer">
      <form
        class="inner"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {files && AttachedFiles && <AttachedFiles files={files} />}
        <div class="box">
          {taken && (
            <>
              <input
                type="file"
                hidden
                multiple
                ref={picker}
                accept={taken.media_types.join()}
                onChange={({ currentTarget }) => {
                  void add(currentTarget.files!);
                  currentTarget.value = "";
                }}
              />
              <button
                type="button"
                class="button quiet icon"
                aria-label={t("attach")}
                title={t("attach")}
                onClick={() => picker.current?.click()}
              >
                <Icon name="clip" />
              </button>
            </>
          )}
          <label class="unseen" for="message">
            {t("message")}
          </label>
          <textarea
            id="message"
            ref={box}
            rows={1}
            value={text}
            placeholder={t("placeholder")}
            aria-describedby="message-help message-left"
            aria-invalid={left < 0}
            enterkeyhint="send"
            onInput={(event) => {
              loadAnswers();
              setText(event.currentTarget.value);
              setAwaited(null);
            }}
            onPaste={(event) => {
              const pasted = event.clipboardData?.files;
              if (!taken || !pasted?.length) return;
              event.preventDefault();
              void add(pasted);
            }}
            onKeyDown={(event) => {
              // While an input method is composing, Enter chooses a word (keyCode 229: Safari says so only there).
              if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
              event.preventDefault();
              send();
            }}
          />
          {running && (
            <button
              type="button"
              class="button icon stop"
              aria-label={t("stop")}
              title={t("stop")}
              onClick={() => void conversation.stop()}
            >
              <Icon name="stop" />
            </button>
          )}
          {(!running || length + attached > 0) && (
            <button type="submit" class="button primary icon" disabled={!sendable} aria-label={t("send")} title={t("send")}>
              <Icon name="send" />
            </button>
          )}
        </div>
        <p id="message-help" class="unseen">
          {t("keys")}
        </p>
        <p id="message-left" class={left < 0 ? "count over" : "count"} role={left < 0 ? "alert" : undefined}>
          {left < 0
            ? t("too_long", { count: -left, most: MOST.toLocaleString() })
            : length > TOLD_FROM
              ? t("left", { count: left })
              : waits && uploading
                ? t("sent_with_files")
                : ""}
        </p>
      </form>
    </footer>
  );
}
