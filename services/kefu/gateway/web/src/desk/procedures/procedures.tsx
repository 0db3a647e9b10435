/** How customers are served: procedures, the actions that they use, and the secrets that those need. */

import { useEffect, useRef } from "preact/hooks";

import { ActionsPage } from "../actions/actions.tsx";
import { hrefOf, route } from "../shared/route.ts";
import { PageHead, SubNav } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { ProcedureList } from "./procedure_list.tsx";
import { ProcedurePage } from "./procedure_page.tsx";

const TABS = ["pages", "actions"] as const;

export function ProceduresPage() {
  const [first = "", id = "", part = ""] = route.value.rest;
  const tab = TABS.find((one) => one === first) ?? "pages";
  const shown = useRef(`${tab}/${id}`);
  useEffect(() => {
    // What was activated to come here is gone: who uses the keyboard goes on from the page's beginning.
    const moved = shown.current !== `${tab}/${id}`;
    shown.current = `${tab}/${id}`;
    if (moved && document.activeElement === document.body) document.getElementById("main")?.focus();
  }, [tab, id]);
  if (tab === "pages" && id !== "") return <ProcedurePage key={id} id={id} part={part} />;
  const labels = { pages: t("procedures"), actions: t("actions") };
  return (
    <div class="page">
      <PageHead title={labels[tab]} />
      <SubNav label={t("procedures")} items={TABS.map((one) => ({ href: hrefOf("procedures", one), label: labels[one], current: one === tab }))} />
      {tab === "pages" ? <ProcedureList /> : <ActionsPage />}
    </div>
  );
}
