/** Kefu from a browser or from Node: see the README beside this. */
export * from "../../src/gen/kefu/router/v1/chat_pb.js";
export { downloadAttachment, sessionOf, type Uploaded, uploadAttachment, type UploadOptions } from "./attachments.ts";
export { type Credentials, fixedToken, type Issued, type Keeping, NoVisitors, proven, visitor } from "./credentials.ts";
export { type Failure, failureOf, KefuError, type Reason } from "./failure.ts";
export { type Customer, customer, type Identified, identify, sendEmailCode, verifyEmailCode } from "./identity.ts";
export { identityToken, type IdentityTokenOptions } from "./identity_token.ts";
export { type Answer, type AskOptions, Kefu, type KefuOptions } from "./kefu.ts";
export { backoff, connection, pause } from "./network.ts";
export { AnswerText, byteLength, indexAt } from "./text.ts";
export { authorized, gatewayTransport } from "./transport.ts";
export { followTurn, type Question, type TurnSink } from "./turn.ts";
export { watchSession } from "./watch.ts";
