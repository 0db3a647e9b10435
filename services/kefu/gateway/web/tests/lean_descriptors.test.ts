// The pages' build leaves out what no page asks of the contract's descriptors: see lean_descriptors.ts.
import {
  createFileRegistry,
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type Message,
  toBinary,
} from "@bufbuild/protobuf";
import { boot, messageDesc } from "@bufbuild/protobuf/codegenv2";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { leanDescriptorProto, withoutBase64 } from "../lean_descriptors.ts";

const written = readFileSync("node_modules/@bufbuild/protobuf/dist/esm/wkt/google/protobuf/descriptor_pb.js", "utf8");
const whole = JSON.parse(/boot\((\{.*\})\);\n/.exec(written)![1]!);
const LeanSchema = messageDesc(boot(leanDescriptorProto(whole)), 1);
const generated = import.meta.glob<Record<string, DescFile>>("../src/gen/**/*_pb.ts", { eager: true });
const files = Object.values(generated).flatMap((one) => Object.entries(one).flatMap(([name, file]) => (name.startsWith("file_") ? [file] : [])));

/** The file, as pages read it. */
function readLean(file: DescFile): DescFile {
  const proto = fromBinary(LeanSchema, toBinary(FileDescriptorProtoSchema, file.proto)) as Message as FileDescriptorProto;
  const known = new Map(file.dependencies.map((one) => [one.proto.name, one]));
  return createFileRegistry(proto, (name) => known.get(name)).getFile(file.proto.name)!;
}

const ofField = (field: DescField) => ({
  ...Object.fromEntries(
    ["number", "name", "localName", "jsonName", "fieldKind", "listKind", "mapKind", "mapKey", "scalar", "presence", "packed", "longAsString"]
      .concat("delimitedEncoding", "utf8Validated")
      .map((key) => [key, (field as unknown as Record<string, unknown>)[key]]),
  ),
  oneof: field.oneof?.localName,
  message: field.message?.typeName,
  enum: field.enum?.typeName,
});
const ofEnum = ({ typeName, open, values }: DescEnum) => ({ typeName, open, values: values.map(({ number, localName }) => [number, localName]) });
const ofMessage = (message: DescMessage): unknown => ({
  typeName: message.typeName,
  fields: message.fields.map(ofField),
  messages: message.nestedMessages.map(ofMessage),
  enums: message.nestedEnums.map(ofEnum),
});
const ofMethod = ({ name, methodKind, input, output, idempotency }: DescMethod) => [name, methodKind, input.typeName, output.typeName, idempotency];
const ofFile = (file: DescFile) => ({
  edition: file.edition,
  messages: file.messages.map(ofMessage),
  enums: file.enums.map(ofEnum),
  services: file.services.map(({ typeName, methods }) => [typeName, methods.map(ofMethod)]),
});

test("every file of the contract reads as with the whole of descriptor.proto", () => {
  expect(files.length).toBeGreaterThan(15);
  for (const file of files) expect(ofFile(readLean(file)), file.name).toEqual(ofFile(file));
});

test("a descriptor is the same without base64", () => {
  const bytes = toBinary(FileDescriptorProtoSchema, files[0]!.proto);
  const base64 = Buffer.from(bytes).toString("base64").replace(/=+$/, "");
  const code = withoutBase64(`fileDesc("${base64}", [])`);
  expect(code).not.toContain(base64);
  const read = new Function("fileDesc", `return ${code}`)((text: string) => text) as string;
  expect(Buffer.from(read, "base64").equals(Buffer.from(bytes))).toBe(true);
});
