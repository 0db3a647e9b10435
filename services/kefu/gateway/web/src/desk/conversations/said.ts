/** What a customer said in a turn, in words: files without a word are named by that. */

import type { Turn } from "../../gen/kefu/router/v1/chat_pb.ts";
import { t } from "../texts.ts";

export function saidIn(turn: Pick<Turn, "question" | "attachments">): string {
  return turn.question || (turn.attachments.length > 0 ? t("saidFiles") : "");
}
