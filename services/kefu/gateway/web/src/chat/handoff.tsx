/** What the customer is told when a person should take over, and what happens next. */
import type { Handoff } from "../gen/kefu/router/v1/chat_pb.js";
import { locale } from "../shared/i18n.ts";
import { Icon } from "../shared/icons.tsx";
import { untoldOpening, withoutOwnZone } from "./opening.ts";
import { t } from "./texts_answers.ts";

export function HandoffNotice({ handoff, text }: { handoff: Handoff; text: string }) {
  const opening = untoldOpening(handoff);
  const heading = handoff.outOfHours ? "handoff_out_of_hours" : handoff.repeated ? "handoff_repeated" : "handoff";
  return (
    <section class="notice handoff">
      <Icon name="person" />
      <div>
        <h3>{t(heading)}</h3>
        {handoff.message && handoff.message !== text && <p>{withoutOwnZone(handoff.message, handoff)}</p>}
        {opening && <p>{t("handoff_opening", { time: when(opening) })}</p>}
        {!handoff.repeated && (
          <ul>
            <li>{t("handoff_next_1")}</li>
            <li>{t("handoff_next_2")}</li>
            <li>{t("handoff_next_3")}</li>
          </ul>
        )}
      </div>
    </section>
  );
}

/** By the reader's clock, which it names. */
function when(date: Date): string {
  return new Intl.DateTimeFormat(locale(), {
    weekday: "long",
    day: "numeric",
    month: "long",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  }).format(date);
}
