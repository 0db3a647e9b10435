/** How a draft stands, in a word or two. */

import { type Draft, Draft_State } from "../../gen/kefu/retrieval/v1/draft_pb.ts";
import { Badge } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { stateText } from "./words.ts";

export function StateBadges({ draft }: { draft: Draft }) {
  const kind = draft.state === Draft_State.HELD ? "danger" : draft.state === Draft_State.PROMOTED ? "good" : "plain";
  return (
    <>
      <Badge kind={kind}>{stateText(draft)}</Badge> {draft.outdated ? <Badge kind="warn">{t("draftOutdated")}</Badge> : null}
    </>
  );
}
