/** Procedures, actions and secrets in memory, behind the contract's services. Two sentences are understood: it is no compiler. */

import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, type ConnectError, type ConnectRouter } from "@connectrpc/connect";

import { type Action, ActionSchema, ActionService } from "../../src/gen/kefu/router/v1/action_pb.ts";
import { SecretSchema } from "../../src/gen/kefu/router/v1/admin_pb.ts";
import {
  type Procedure,
  type ProcedureFinding,
  ProcedureFindingSchema,
  ProcedureSchema,
  ProcedureService,
  type ProcedureStep,
  ProcedureStep_Kind,
  ProcedureStepSchema,
  type SimulateProcedureResponse,
  SimulateProcedureResponseSchema,
} from "../../src/gen/kefu/router/v1/procedure_pb.ts";

/** By the first word of a sentence. */
const KINDS: Readonly<Record<string, ProcedureStep_Kind>> = {
  Ask: ProcedureStep_Kind.ASK,
  Look: ProcedureStep_Kind.LOOK_UP,
  If: ProcedureStep_Kind.IF,
  Otherwise: ProcedureStep_Kind.OTHERWISE,
  Say: ProcedureStep_Kind.SAY,
  Do: ProcedureStep_Kind.DO,
  End: ProcedureStep_Kind.END,
};

export const CANCEL = `# Cancel an order / 取消订单

## When

- \`cancel-order\`

## Steps

1. Look up \`order-status\`.
2. If \`status\` is \`delivered\`:
   - Say "It has arrived."
   - End.
3. Do \`cancel-order\`.
`;

export class ProcedureShelf {
  /** By name: the revisions, the newest first. */
  readonly stored = new Map<string, Procedure[]>();
  readonly actions: Action[] = [];
  readonly secrets = new Map<string, string>();
  /** The pages that were asked about, in order. */
  readonly checked: string[] = [];
  /** Answers to checks wait for it: by page. */
  readonly slow = new Map<string, Promise<void>>();
  simulation: SimulateProcedureResponse | ConnectError = create(SimulateProcedureResponseSchema);
  simulated: { page: string; language: string } | null = null;

  constructor(private readonly refusal: (code: Code, reason: string) => ConnectError) {
    this.put("procedures/cancel-order", CANCEL, "tenants/songlu/keys/0a1b2c3d4e5f");
    const change = { risk: "money" };
    this.actions.push(
      create(ActionSchema, { name: "actions/cancel-order", titles: { en: "Cancel an order", zh: "取消订单" }, intents: ["cancel_order"], inputs: [{ name: "customer", from: "customer.sub" }, { name: "order" }], call: { method: "POST", url: "https://orders.example.com/customers/{customer}/orders/{order}" }, change, revision: 4n }),
      create(ActionSchema, { name: "actions/order-status", titles: { en: "See an order <b>now</b>" }, examples: ["where is it"], call: { method: "GET", url: "https://orders.example.com/{order}" }, revision: 2n }),
    );
    this.secrets.set("tenants/songlu/secrets/order-system", "top secret");
  }

  put(name: string, page: string, author: string): Procedure {
    const revisions = this.stored.get(name) ?? [];
    const stored = create(ProcedureSchema, { name, page, author, revision: (revisions[0]?.revision ?? 0n) + 1n, updateTime: timestampFromMs(Date.now()), titles: titlesOf(page), ...check(page) });
    this.stored.set(name, [stored, ...revisions]);
    return stored;
  }

  /** Adds these services; the methods of AdminService about secrets are `secretMethods`. */
  register(router: ConnectRouter): void {
    router.service(ProcedureService, {
      listProcedures: () => ({ procedures: [...this.stored.values()].map((revisions) => revisions[0]!) }),
      getProcedure: ({ name, revision }) => ({ procedure: this.#revisions(name).find((one) => revision === 0n || one.revision === revision)! }),
      listProcedureRevisions: ({ name }) => ({ procedures: this.#revisions(name) }),
      checkProcedure: async ({ page }) => {
        this.checked.push(page);
        await this.slow.get(page);
        return check(page);
      },
      putProcedure: ({ procedure, revision }) => {
        const { name, page } = procedure!;
        if (revision !== 0n && this.stored.get(name)?.[0]?.revision !== revision) throw this.refusal(Code.Aborted, "STALE_REVISION");
        return { procedure: this.put(name, page, "tenants/songlu/keys/77aa") };
      },
      deleteProcedure: ({ name }) => {
        this.#revisions(name);
        this.stored.delete(name);
        return {};
      },
      simulateProcedure: ({ page, language }) => {
        this.simulated = { page, language };
        if (this.simulation instanceof Error) throw this.simulation;
        return this.simulation;
      },
    });
    router.service(ActionService, {
      listActions: () => ({ actions: this.actions }),
      tryAction: ({ customer, inputs }) => ({ status: 200, result: JSON.stringify({ customer, ...inputs }), answer: "Cancel **it**?", warnings: ["The result has no key \"state\"; it has status."] }),
    });
  }

  secretMethods() {
    return {
      listSecrets: () => ({ secrets: [...this.secrets.keys()].map((name) => create(SecretSchema, { name, updateTime: timestampFromMs(Date.now()) })) }),
      putSecret: ({ name, value }: { name: string; value: string }) => {
        this.secrets.set(name, value);
        return { secret: { name } };
      },
      deleteSecret: ({ name }: { name: string }) => {
        if (!this.secrets.delete(name)) throw this.refusal(Code.NotFound, "SECRET_NOT_FOUND");
        return {};
      },
    };
  }

  #revisions(name: string): Procedure[] {
    const found = this.stored.get(name);
    if (found === undefined) throw this.refusal(Code.NotFound, "PROCEDURE_NOT_FOUND");
    return found;
  }
}

function titlesOf(page: string): Record<string, string> {
  const [en = "", zh = ""] = (page.split("\n")[0] ?? "").replace("# ", "").split(" / ");
  return { en, ...(zh === "" ? {} : { zh }) };
}

function check(page: string): { findings: ProcedureFinding[]; flow: ProcedureStep[] } {
  const findings: ProcedureFinding[] = [];
  const flow: ProcedureStep[] = [];
  let section = "";
  page.split("\n").forEach((text, index) => {
    if (text.startsWith("## ")) section = text;
    const found = /^( *)(?:-|\d+\.) (.*)$/.exec(text);
    if (found === null || section !== "## Steps") return;
    const [, indent = "", sentence = ""] = found;
    const kind = KINDS[sentence.split(/\W/)[0] ?? ""];
    if (kind === undefined) findings.push(create(ProcedureFindingSchema, { line: index + 1, text: `“${sentence}” is not understood.`, isError: true }));
    else flow.push(create(ProcedureStepSchema, { line: index + 1, depth: indent === "" ? 0 : 1, kind, text: sentence }));
  });
  return { findings, flow };
}
