/**
 * What Connect needs of @bufbuild/protobuf when all messages are binary. The build puts it in place of the library for
 * Connect alone (vite.config.ts): the JSON half is a quarter of what a chat page would load, and never runs.
 */
export { create, fromBinary, toBinary } from "@bufbuild/protobuf";

function unused(): never {
  throw new Error("Messages are sent in binary: createConnectTransport({ useBinaryFormat: true }).");
}

export const fromJson = unused;
export const fromJsonString = unused;
export const toJson = unused;
export const toJsonString = unused;
