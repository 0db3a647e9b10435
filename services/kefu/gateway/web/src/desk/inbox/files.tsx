/** The pictures and PDFs that a customer sent with a message. Opening one is recorded in the audit log. */

import { useEffect, useState } from "preact/hooks";

import type { Attachment } from "../../gen/kefu/router/v1/attachment_pb.ts";
import { sessionOf } from "@kefu/client";
import { SentFiles } from "../../shared/sent_files.tsx";
import { useDesk } from "../shared/session.ts";

export function CustomerFiles({ names }: { names: readonly string[] }) {
  const { services, credentials } = useDesk();
  const [known, setKnown] = useState<ReadonlyMap<string, Attachment>>(new Map());
  const session = sessionOf(names[0] ?? "");
  useEffect(() => {
    const abort = new AbortController();
    services.attachments.listAttachments({ session }, { signal: abort.signal }).then(
      ({ attachments }) => setKnown(new Map(attachments.map((one) => [one.name, one]))),
      () => undefined, // their names and texts are missing then; the files can be opened nevertheless
    );
    return () => {
      abort.abort();
    };
  }, [services, session, names.length]);
  return <SentFiles names={names} token={() => credentials.token()} about={(name) => known.get(name)} />;
}
