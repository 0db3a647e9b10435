/** Where a reply is written. */

import { useId } from "preact/hooks";

import { Icon } from "../../shared/icons.tsx";
import { t } from "../texts.ts";

const MOST = 4_000;

export function Composer(props: {
  draft: string;
  onDraft: (text: string) => void;
  onSend: () => void;
  busy: boolean;
  enabled: boolean;
}) {
  const id = useId();
  const length = [...props.draft].length;
  const tooLong = length > MOST;
  const ready = props.enabled && !props.busy && !tooLong && props.draft.trim() !== "";
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) props.onSend();
      }}
    >
      <label class="unseen" for={id}>
        {t("reply")}
      </label>
      <textarea
        id={id}
        class="field"
        rows={3}
        dir="auto"
        value={props.draft}
        placeholder={props.enabled ? t("replyPlaceholder") : t("claimToReply")}
        aria-describedby={`${id}-hint`}
        aria-invalid={tooLong}
        onInput={(event) => props.onDraft(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
          event.preventDefault();
          if (ready) props.onSend();
        }}
      />
      <div class="composer-foot">
        <p id={`${id}-hint`} class={`hint ${tooLong ? "bad" : ""}`}>
          {length > MOST - 500 ? t("characters", { n: length, most: MOST }) : props.enabled ? t("replyHint") : t("claimToReply")}
        </p>
        <button type="submit" class="button primary small" disabled={!ready}>
          <Icon name="send" /> {t("send")}
        </button>
      </div>
    </form>
  );
}
