/** Thumbs, and why. */
import { useState } from "preact/hooks";
import { Rating } from "../gen/kefu/router/v1/chat_pb.js";
import { Icon } from "../shared/icons.tsx";
import { announce } from "./announce.ts";
import type { Conversation } from "./conversation.ts";
import type { Entry } from "./entry.ts";
import { type ChatKey, t } from "./texts_answers.ts";

const WHYS: ChatKey[] = ["why_wrong", "why_incomplete", "why_unclear", "why_unrelated", "why_outdated"];

export function RatingBar({ entry, conversation }: { entry: Entry; conversation: Conversation }) {
  const [asking, setAsking] = useState(false);
  const rating = entry.rating.value;
  const rate = async (next: Rating) => {
    const taken = next === rating ? Rating.UNSPECIFIED : next; // a second press takes it back
    setAsking(taken === Rating.DOWN);
    if ((await conversation.rate(entry, taken)) && taken === Rating.UP) announce(t("rated"));
  };
  return (
    <div class="rating">
      <div class="thumbs">
        <Thumb name="up" label={t("helpful")} pressed={rating === Rating.UP} onPress={() => void rate(Rating.UP)} />
        <Thumb name="down" label={t("unhelpful")} pressed={rating === Rating.DOWN} onPress={() => void rate(Rating.DOWN)} />
        {rating !== Rating.UNSPECIFIED && !asking && <span class="faint">{t("rated")}</span>}
      </div>
      {asking && <Why entry={entry} conversation={conversation} onDone={() => setAsking(false)} />}
    </div>
  );
}

interface ThumbProps {
  name: "up" | "down";
  label: string;
  pressed: boolean;
  onPress: () => void;
}

function Thumb({ name, label, pressed, onPress }: ThumbProps) {
  return (
    <button type="button" class="button quiet small icon thumb" aria-pressed={pressed} aria-label={label} title={label} onClick={onPress}>
      <Icon name={name} />
    </button>
  );
}

function Why({ entry, conversation, onDone }: { entry: Entry; conversation: Conversation; onDone: () => void }) {
  const send = async (form: HTMLFormElement) => {
    const data = new FormData(form);
    const comment = [...data.getAll("why"), data.get("more")].map((one) => String(one ?? "").trim()).filter(Boolean);
    if (comment.length && (await conversation.rate(entry, Rating.DOWN, comment.join("; ")))) announce(t("rated"));
    onDone();
  };
  return (
    <form
      class="why"
      onSubmit={(event) => {
        event.preventDefault();
        void send(event.currentTarget);
      }}
    >
      <fieldset>
        <legend>{t("why")}</legend>
        <div class="whys">
          {WHYS.map((key) => (
            <label class="chip">
              <input type="checkbox" name="why" value={t(key)} />
              <span>{t(key)}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <label>
        <span class="label">{t("why_more")}</span>
        <textarea class="field" name="more" rows={2} maxLength={800} />
      </label>
      <div class="why-actions">
        <button type="submit" class="button small primary">
          {t("why_send")}
        </button>
        <button type="button" class="button small quiet" onClick={onDone}>
          {t("why_skip")}
        </button>
      </div>
    </form>
  );
}
