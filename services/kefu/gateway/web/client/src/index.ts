/** Kefu from a browser or from Node: see the README beside this. */
export * from "../../src/gen/kefu/router/v1/chat_pb.js";
export { type Credentials, fixedToken, type Keeping, NoVisitors, visitor } from "./credentials.ts";
export { type Failure, failureOf, KefuError, type Reason } from "./failure.ts";
export { type Answer, type AskOptions, Kefu, type KefuOptions } from "./kefu.ts";
export { backoff, connection, pause } from "./network.ts";
export { AnswerText, byteLength, indexAt } from "./text.ts";
export { authorized, gatewayTransport } from "./transport.ts";
export { followTurn, type Question, type TurnSink } from "./turn.ts";
export { watchSession } from "./watch.ts";
