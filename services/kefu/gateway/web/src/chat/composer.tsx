/** The message box. */
import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { Session_State as State } from "../gen/kefu/router/v1/chat_pb.js";
import { Icon } from "../shared/icons.tsx";
import type { Conversation } from "./conversation.ts";
import { loadAnswers } from "./lazy.ts";
import { t } from "./texts.ts";

/** ConverseRequest.text, in characters as the server counts them. */
export const MOST = 4000;
const TOLD_FROM = 3600;

export function Composer({ conversation, box }: { conversation: Conversation; box: RefObject<HTMLTextAreaElement | null> }) {
  const [text, setText] = useState("");
  const closed = conversation.state.value === State.CLOSED;
  const length = [...text.trim()].length;
  const left = MOST - length;
  const running = conversation.running.value;
  const sendable = length > 0 && left >= 0 && !closed && conversation.phase.value !== "loading";
  const send = () => {
    if (!sendable) return;
    setText("");
    void conversation.send(text.trim());
    box.current?.focus();
  };

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
        <div class="box">
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
          {(!running || length > 0) && (
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
              : ""}
        </p>
      </form>
    </footer>
  );
}
