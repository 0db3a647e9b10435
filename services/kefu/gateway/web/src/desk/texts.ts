/** The console's texts in the interface's language. */

import { texts } from "../shared/i18n.ts";
import { en } from "./texts_en.ts";
import { zh } from "./texts_zh.ts";

export const t = texts<keyof typeof en>(en, zh);
