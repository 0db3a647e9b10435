/** The files that go along with the next message, above the message box. */
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../shared/icons.tsx";
import { asDataUrl } from "../../shared/sent_files.tsx";
import { type Attached, Files } from "./files.ts";
import { t } from "./texts.ts";
import "./attached.css";

export { Files };

export function AttachedFiles({ files }: { files: Files }) {
  const all = files.all.value;
  return (
    <div class="attached">
      {all.length > 0 && (
        <ul aria-label={t("list")}>
          {all.map((one) => (
            <li key={one.key}>
              <Thumbnail file={one.file} />
              <Progress attached={one} />
              <button
                type="button"
                class="button quiet icon small"
                aria-label={t("remove", { name: one.file.name })}
                title={t("remove", { name: one.file.name })}
                onClick={() => void files.remove(one)}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <p class="error" role="alert">
        {files.problem.value}
      </p>
    </div>
  );
}

function Progress({ attached }: { attached: Attached }) {
  const { name } = attached.file;
  if (attached.name.value) return <span class="file-name">{name}</span>;
  const percent = Math.round(attached.share.value * 100);
  const said = percent < 100 ? t("sending", { name, percent }) : t("checking", { name });
  return (
    <span class="file-name">
      {name}
      <progress max={100} value={percent} aria-label={said} />
    </span>
  );
}

/** The picture as it lies here; of a PDF its sign. */
function Thumbnail({ file }: { file: File }) {
  const [source, setSource] = useState("");
  useEffect(() => {
    if (!file.type.startsWith("image/")) return;
    let shown = true;
    void asDataUrl(file).then((url) => shown && setSource(url));
    return () => {
      shown = false;
    };
  }, [file]);
  return source ? <img src={source} alt="" /> : <Icon name="book" />;
}
