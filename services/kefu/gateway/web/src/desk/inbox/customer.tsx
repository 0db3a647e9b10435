/** Who a customer is: as verified, with a tick and by whom, and apart from that what the page claims. */

import { timestampDate } from "@bufbuild/protobuf/wkt";

import type { Session } from "../../gen/kefu/router/v1/chat_pb.ts";
import { type VerifiedCustomer, VerifiedCustomer_Method } from "../../gen/kefu/router/v1/identity_pb.ts";
import { Icon } from "../../shared/icons.tsx";
import { Badge } from "../shared/ui.tsx";
import { t } from "../texts.ts";

/** What of a session says who writes in it. */
export type Known = Pick<Session, "customer" | "profile">;

export function methodText(method: VerifiedCustomer_Method): string {
  switch (method) {
    case VerifiedCustomer_Method.TOKEN:
      return t("verifiedByToken");
    case VerifiedCustomer_Method.SHARED_SECRET:
      return t("verifiedBySecret");
    case VerifiedCustomer_Method.EMAIL_CODE:
      return t("verifiedByEmail");
    default:
      return t("verifiedSomehow");
  }
}

export function nameOf(customer: VerifiedCustomer): string {
  return customer.claims["name"] || customer.claims["email"] || customer.sub;
}

/** The name of a verified customer; a shared secret proves less than the others, and has no green tick. */
export function CustomerBadge({ customer }: { customer: VerifiedCustomer | undefined }) {
  if (customer === undefined) return null;
  const weak = customer.method === VerifiedCustomer_Method.SHARED_SECRET;
  return (
    <Badge kind={weak ? "plain" : "good"}>
      <span class="tick" role="img" aria-label={methodText(customer.method)} title={methodText(customer.method)}>
        <Icon name={weak ? "alert" : "check"} />
      </span>
      <span dir="auto">{nameOf(customer)}</span>
    </Badge>
  );
}

/** All that is known of the customer, and what is only claimed. */
export function CustomerFacts({ customer, profile }: Known) {
  const claims = Object.entries(customer?.claims ?? {});
  const claimed = Object.entries(profile);
  return (
    <>
      {customer ? (
        <section>
          <h3>{t("customerKnown")}</h3>
          <p>
            <CustomerBadge customer={customer} />
          </p>
          <p class="soft">
            {methodText(customer.method)}
            {customer.verifyTime ? ` (${timestampDate(customer.verifyTime).toLocaleString()})` : ""}
          </p>
          <Facts entries={[[t("customerSub"), customer.sub], ...claims]} />
        </section>
      ) : null}
      {claimed.length > 0 ? (
        <section>
          <h3>{t("claimed")}</h3>
          <p class="soft">{t("claimedMore")}</p>
          <Facts entries={claimed} />
        </section>
      ) : null}
    </>
  );
}

function Facts({ entries }: { entries: readonly (readonly [string, string])[] }) {
  return (
    <dl class="facts">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="breakable" dir="auto">
            {value}
          </dd>
        </div>
      ))}
    </dl>
  );
}
