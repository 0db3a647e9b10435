// node example.mjs "How long are gift cards valid?"    with KEFU_URL (the gateway's address) and KEFU_KEY set
import { Kefu, KefuError } from "@kefu/client";

const kefu = new Kefu({ baseUrl: process.env.KEFU_URL ?? "http://127.0.0.1:8080", key: process.env.KEFU_KEY });
try {
  const answer = await kefu.ask(process.argv[2] ?? "Hello!", {
    onReconnecting: (lost) => lost && console.error("The connection was lost; the answer will go on."),
  });
  console.log(answer.text);
  for (const title of new Set(answer.citations.map((citation) => citation.title))) console.log(`  from: ${title}`);
} catch (error) {
  if (!(error instanceof KefuError)) throw error;
  console.error(`${error.message} (${error.reason})`);
  process.exitCode = 1;
}
