/** Pictures and PDFs of a message: small at first, opened when they are asked for. The bytes need the reader's token. */
import { downloadAttachment } from "@kefu/client";
import { useEffect, useState } from "preact/hooks";
import { Dialog } from "./dialog.tsx";
import { texts } from "./i18n.ts";
import { Icon } from "./icons.tsx";
import "./sent_files.css";

const t = texts(
  { file: "File {number}", open: "Open file {number}", close: "Close", gone: "This file could not be loaded.", save: "Save it", read: "What could be read in it, as the customer's word:" },
  { file: "文件 {number}", open: "打开文件 {number}", close: "关闭", gone: "无法加载此文件。", save: "保存", read: "从文件中读到的内容（属于客户的表述）：" },
);

interface SentFilesProps {
  /** "sessions/…/attachments/…". */
  names: readonly string[];
  token: () => Promise<string>;
  /** What was read off a file, and what it is called, where that is known. */
  about?: (name: string) => { fileName: string; text: string } | undefined;
}

export function SentFiles({ names, token, about }: SentFilesProps) {
  const [opened, setOpened] = useState<string | null>(null);
  return (
    <>
      <ul class="sent-files">
        {names.map((name, index) => (
          <li key={name}>
            <Preview name={name} number={index + 1} token={token} onOpen={() => setOpened(name)} />
          </li>
        ))}
      </ul>
      {opened !== null && (
        <Opened name={opened} title={about?.(opened)?.fileName || t("file", { number: names.indexOf(opened) + 1 })} token={token} onClose={() => setOpened(null)}>
          {about?.(opened)?.text ?? ""}
        </Opened>
      )}
    </>
  );
}

interface PreviewProps {
  name: string;
  number: number;
  token: () => Promise<string>;
  onOpen: () => void;
}

function Preview({ name, number, token, onOpen }: PreviewProps) {
  const source = useFile(name, token, true);
  return (
    <button type="button" class="sent-file" aria-haspopup="dialog" aria-label={t("open", { number })} onClick={onOpen}>
      {source.url ? <img src={source.url} alt="" /> : <Icon name={source.failed ? "alert" : "book"} />}
    </button>
  );
}

interface OpenedProps {
  name: string;
  title: string;
  token: () => Promise<string>;
  onClose: () => void;
  /** What was read off it. */
  children: string;
}

function Opened({ name, title, token, onClose, children: text }: OpenedProps) {
  const { url, failed, type } = useFile(name, token, false);
  return (
    <Dialog kind="box" title={title} closeLabel={t("close")} onClose={onClose}>
      {failed && <p role="alert">{t("gone")}</p>}
      {url && type.startsWith("image/") && <img class="whole-file" src={url} alt={title} />}
      {url && (
        <p>
          <a class="button" href={url} download={title}>
            {t("save")}
          </a>
        </p>
      )}
      {text && (
        <>
          <p>{t("read")}</p>
          <p class="file-text" dir="auto" tabIndex={0}>
            {text}
          </p>
        </>
      )}
    </Dialog>
  );
}

/** The bytes of a file as a data: address, which the page's security policy allows for pictures. */
function useFile(name: string, token: () => Promise<string>, preview: boolean) {
  const [file, setFile] = useState({ url: "", type: "", failed: false });
  useEffect(() => {
    let shown = true;
    const load = async () => {
      const blob = await downloadAttachment("", await token(), name, preview);
      return { url: await asDataUrl(blob), type: blob.type, failed: false };
    };
    load().then(
      (loaded) => shown && setFile(loaded),
      () => shown && setFile({ url: "", type: "", failed: true }),
    );
    return () => {
      shown = false;
    };
  }, [name, preview]);
  return file;
}

export function asDataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error("The file cannot be read."));
    reader.readAsDataURL(blob);
  });
}
