/** The console over a company in memory: `npm run dev`, then /tests/desk/look.html. No service has to run. */

import { render } from "preact";

import "../../src/shared/base.css";
import "../../src/desk/desk.css";

import { App } from "../../src/desk/app.tsx";
import { followAddress } from "../../src/desk/shared/route.ts";
import { applyTheme } from "../../src/desk/shared/session.ts";
import { busyCompany } from "./company.ts";
import { answersOf } from "./gateway.ts";

const ME = "Li Wei";
const company = busyCompany(ME);
globalThis.fetch = answersOf(company, globalThis.fetch);
(globalThis as { company?: unknown }).company = company;
const config = { title: "Songlu", visitors: true, oidc: null, collections: ["collections/help"], version: "0.1.0", accent: "" };
const transport = company.transport();
applyTheme();
followAddress();
render(<App config={config} connect={() => transport} />, document.getElementById("app")!);
