/** The conversations that this visitor had before, to go on with one of them. */
import { useEffect, useState } from "preact/hooks";
import type { Session } from "../gen/kefu/router/v1/chat_pb.js";
import { Dialog } from "../shared/dialog.tsx";
import { locale } from "../shared/i18n.ts";
import type { Conversation } from "./conversation.ts";
import { t } from "./texts_answers.ts";

export function EarlierDialog({ conversation, onClose }: { conversation: Conversation; onClose: () => void }) {
  const [sessions, setSessions] = useState<Session[] | "loading" | "failed">("loading");
  useEffect(() => {
    conversation.others().then(setSessions, () => setSessions("failed"));
  }, []);
  const open = (name: string) => {
    onClose();
    void conversation.open(name);
  };
  return (
    <Dialog kind="box" title={t("earlier_list")} closeLabel={t("close")} onClose={onClose}>
      {sessions === "loading" ? (
        <p class="faint">{t("loading")}…</p>
      ) : sessions === "failed" ? (
        <p class="error" role="alert">
          {t("load_failed")}
        </p>
      ) : sessions.length === 0 ? (
        <p>{t("earlier_none")}</p>
      ) : (
        <ul class="others">
          {sessions.map(({ name, title, updateTime }) => (
            <li key={name}>
              <button type="button" class="button quiet" onClick={() => open(name)}>
                <span class="name">{title || t("conversation")}</span>{" "}
                <span class="faint">{updateTime && day(Number(updateTime.seconds))}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}

function day(seconds: number): string {
  return new Date(seconds * 1000).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short" });
}
