/** Golden questions: what must stay right, and the runs that say whether it did. */

import { hrefOf, route } from "../shared/route.ts";
import { PageHead, SubNav } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { turnOfAddress } from "./address.ts";
import { QuestionList } from "./question_list.tsx";
import { QuestionPage } from "./question_page.tsx";
import { RunList, RunPage } from "./runs.tsx";

export function GoldenPage() {
  const { rest } = route.value;
  const [first = "", id = ""] = rest;
  const turn = turnOfAddress(rest);
  if (turn !== null || first === "new") return <QuestionPage key={turn ?? ""} id="" turn={turn} />;
  if (first === "questions" && id !== "") return <QuestionPage key={id} id={id} turn={null} />;
  if (first === "runs" && id !== "") return <RunPage key={id} id={id} />;
  const isRuns = first === "runs";
  return (
    <div class="page">
      <PageHead title={isRuns ? t("goldenRuns") : t("golden")} />
      <SubNav
        label={t("golden")}
        items={[
          { href: hrefOf("golden"), label: t("golden"), current: !isRuns },
          { href: hrefOf("golden", "runs"), label: t("goldenRuns"), current: isRuns },
        ]}
      />
      {isRuns ? <RunList /> : <QuestionList />}
    </div>
  );
}
