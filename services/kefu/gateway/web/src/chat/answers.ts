/** All that only a conversation needs, and an empty page does not: see lazy.ts. */
import "./answers.css";

export { plainText } from "../shared/markdown.tsx";
export { EarlierDialog } from "./earlier.tsx";
export { EraseDialog } from "./erase.tsx";
export { EvidencePanel } from "./evidence.tsx";
export { Message } from "./message.tsx";
export { answerers } from "./transcript.ts";
