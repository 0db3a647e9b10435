/** What text recognition (OCR) has read of a document, and how surely, in the interface's language. */

import type { TextRecognition } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { language } from "../../shared/i18n.ts";
import { t } from "../texts.ts";

/** "Pages 3, 5-9 and 2 pictures, 94 % sure"; empty if nothing was read. */
export function recognitionText(recognition: TextRecognition | undefined): string {
  if (recognition === undefined) return "";
  const chinese = language.value === "zh";
  const pages = chinese ? recognition.pages.replaceAll(", ", "、") : recognition.pages;
  const parts = [
    ...(recognition.pageCount > 0 ? [t("ocrPages", { count: recognition.pageCount, pages })] : []),
    ...(recognition.pictureCount > 0 ? [t("ocrPictures", { count: recognition.pictureCount })] : []),
  ];
  // Rounded down: 100 % is said of certainty alone.
  return parts.length > 0 ? t("ocrRead", { what: parts.join(t("ocrAnd")), percent: Math.floor(recognition.certainty * 100 + 1e-4) }) : "";
}

/** Which pages to compare with the original; empty without any. */
export function doubtText(recognition: TextRecognition | undefined): string {
  return recognition?.doubtfulPages ? t("ocrDoubtful", { pages: recognition.doubtfulPages }) : "";
}
