/** Names of the contract's values in the interface's language. */

import {
  AnswerSource,
  Handoff_Reason,
  Handoff_Sentiment,
  Handoff_Slot_Kind,
  Session_State,
} from "../../gen/kefu/router/v1/chat_pb.ts";
import { t } from "../texts.ts";

export function reasonText(reason: Handoff_Reason): string {
  switch (reason) {
    case Handoff_Reason.NOTHING_RELEVANT:
      return t("reasonNothingRelevant");
    case Handoff_Reason.CUSTOMER_ASKED:
      return t("reasonCustomerAsked");
    case Handoff_Reason.SEARCH_UNAVAILABLE:
      return t("reasonSearchUnavailable");
    case Handoff_Reason.MODEL_UNAVAILABLE:
      return t("reasonModelUnavailable");
    case Handoff_Reason.EMPTY_ANSWER:
      return t("reasonEmptyAnswer");
    case Handoff_Reason.UNSUPPORTED_ANSWER:
      return t("reasonUnsupportedAnswer");
    case Handoff_Reason.OVERLOADED:
      return t("reasonOverloaded");
    case Handoff_Reason.LOW_SUPPORT:
      return t("reasonLowSupport");
    case Handoff_Reason.REPEATED_FAILURE:
      return t("reasonRepeatedFailure");
    case Handoff_Reason.SENSITIVE:
      return t("reasonSensitive");
    case Handoff_Reason.ABUSE:
      return t("reasonAbuse");
    case Handoff_Reason.COMPLAINT:
      return t("reasonComplaint");
    case Handoff_Reason.OWN_CASE:
      return t("reasonOwnCase");
    case Handoff_Reason.ACTION_FAILED:
      return t("reasonActionFailed");
    case Handoff_Reason.CHANGE_NEEDS_PERSON:
      return t("reasonChangeNeedsPerson");
    case Handoff_Reason.CHANGE_UNCONFIRMED:
      return t("reasonChangeUnconfirmed");
    case Handoff_Reason.PROCEDURE:
      return t("reasonProcedure");
    case Handoff_Reason.TRIAGE:
      return t("reasonTriage");
    default:
      return t("reasonUnknown");
  }
}

/** The reason by its name in a map, such as "REASON_SENSITIVE". */
export function reasonByName(name: string): string {
  const value = Handoff_Reason[name.replace(/^REASON_/, "") as keyof typeof Handoff_Reason] as Handoff_Reason | undefined;
  return value === undefined ? name : reasonText(value);
}

export function sourceText(source: AnswerSource): string {
  switch (source) {
    case AnswerSource.GENERATED:
      return t("sourceGenerated");
    case AnswerSource.CURATED:
      return t("sourceCurated");
    case AnswerSource.CANNED:
      return t("sourceCanned");
    case AnswerSource.EXTRACTIVE:
      return t("sourceExtractive");
    case AnswerSource.CACHED:
      return t("sourceCached");
    case AnswerSource.CLARIFYING:
      return t("sourceClarifying");
    case AnswerSource.REFUSED:
      return t("sourceRefused");
    case AnswerSource.PERSON:
      return t("sourcePerson");
    case AnswerSource.ACTION:
      return t("sourceAction");
    default:
      return t("sourceUnknown");
  }
}

export function sourceByName(name: string): string {
  const value = AnswerSource[name.replace(/^ANSWER_SOURCE_/, "") as keyof typeof AnswerSource] as AnswerSource | undefined;
  return value === undefined ? name : sourceText(value);
}

export function stateText(state: Session_State): string {
  switch (state) {
    case Session_State.WAITING:
      return t("stateWaiting");
    case Session_State.HUMAN:
      return t("stateHuman");
    case Session_State.RETURNED:
      return t("stateReturned");
    case Session_State.CLOSED:
      return t("stateClosed");
    default:
      return t("stateBot");
  }
}

export function sentimentText(sentiment: Handoff_Sentiment): string {
  switch (sentiment) {
    case Handoff_Sentiment.NEGATIVE:
      return t("sentimentNegative");
    case Handoff_Sentiment.POSITIVE:
      return t("sentimentPositive");
    default:
      return t("sentimentNeutral");
  }
}

export function slotText(kind: Handoff_Slot_Kind): string {
  switch (kind) {
    case Handoff_Slot_Kind.NUMBER:
      return t("slotNumber");
    case Handoff_Slot_Kind.DATE:
      return t("slotDate");
    case Handoff_Slot_Kind.AMOUNT:
      return t("slotAmount");
    case Handoff_Slot_Kind.CODE:
      return t("slotCode");
    case Handoff_Slot_Kind.PHONE:
      return t("slotPhone");
    case Handoff_Slot_Kind.EMAIL:
      return t("slotEmail");
    default:
      return t("slotOther");
  }
}

const INTENTS: Readonly<Record<string, () => string>> = {
  order_status: () => t("intentOrderStatus"),
  order_list: () => t("intentOrderList"),
  delivery_problem: () => t("intentDeliveryProblem"),
  cancel_order: () => t("intentCancelOrder"),
  change_address: () => t("intentChangeAddress"),
  change_items: () => t("intentChangeItems"),
  change_payment: () => t("intentChangePayment"),
  change_order: () => t("intentChangeOrder"),
  return_refund: () => t("intentReturnRefund"),
  exchange: () => t("intentExchange"),
  undo_request: () => t("intentUndoRequest"),
  payment_problem: () => t("intentPaymentProblem"),
  invoice: () => t("intentInvoice"),
  product_question: () => t("intentProductQuestion"),
  warranty_repair: () => t("intentWarrantyRepair"),
  account_access: () => t("intentAccountAccess"),
  account_security: () => t("intentAccountSecurity"),
  complaint: () => t("intentComplaint"),
  praise: () => t("intentPraise"),
  human_request: () => t("intentHumanRequest"),
  small_talk: () => t("intentSmallTalk"),
  abuse_only: () => t("intentAbuseOnly"),
  spam: () => t("intentSpam"),
  other: () => t("intentOther"),
  rules: () => t("intentRules"),
};

/** What a customer wants, of Triage.intent; one of a later version keeps its name. */
export function intentText(intent: string): string {
  return INTENTS[intent]?.() ?? intent;
}

export function urgencyText(urgency: string): string {
  switch (urgency) {
    case "low":
      return t("urgencyLow");
    case "high":
      return t("urgencyHigh");
    case "critical":
      return t("urgencyCritical");
    default:
      return t("urgencyNormal");
  }
}

export function moodText(mood: string): string {
  switch (mood) {
    case "unhappy":
      return t("moodUnhappy");
    case "angry":
      return t("moodAngry");
    default:
      return t("moodCalm");
  }
}

export function priorityText(priority: string): string {
  switch (priority) {
    case "low":
      return t("priorityLow");
    case "high":
      return t("priorityHigh");
    case "urgent":
      return t("priorityUrgent");
    default:
      return t("priorityNormal");
  }
}

/** The most that actions may do without a person. */
export function riskText(risk: string): string {
  switch (risk) {
    case "read":
      return t("riskRead");
    case "write":
      return t("riskWrite");
    default:
      return t("riskMoney");
  }
}

export function signalText(kind: string, count: number): string {
  switch (kind) {
    case "identity_mismatch":
      return t("signalIdentityMismatch");
    case "many_returns":
      return t("signalManyReturns", { n: count });
    case "many_identities":
      return t("signalManyIdentities", { n: count });
    case "many_messages":
      return t("signalManyMessages", { n: count });
    default:
      return kind;
  }
}
