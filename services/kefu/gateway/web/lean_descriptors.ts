/**
 * Makes the contract's descriptors smaller in the built pages: they are a fifth of what a visitor loads to open the chat.
 * What is left out is never asked for by pages whose messages are binary; tests/lean_descriptors.test.ts holds that every
 * message of the contract reads as before.
 */
import type { Plugin } from "vite";

/** Of descriptor.proto, what @bufbuild/protobuf reads of a proto3 file. Other fields become unknown ones, which it skips. */
const READ: Record<string, string[]> = {
  FileDescriptorProto: ["name", "package", "dependency", "message_type", "enum_type", "service", "extension", "options", "syntax"],
  DescriptorProto: ["name", "field", "extension", "nested_type", "enum_type", "oneof_decl", "options"],
  FieldDescriptorProto: [
    ...["name", "extendee", "number", "label", "type", "type_name", "default_value", "options", "oneof_index", "json_name"],
    "proto3_optional",
  ],
  OneofDescriptorProto: ["name"],
  EnumDescriptorProto: ["name", "value", "options"],
  EnumValueDescriptorProto: ["name", "number", "options"],
  ServiceDescriptorProto: ["name", "method", "options"],
  MethodDescriptorProto: ["name", "input_type", "output_type", "options", "client_streaming", "server_streaming"],
  FileOptions: ["deprecated"],
  MessageOptions: ["map_entry", "deprecated"],
  FieldOptions: ["packed", "jstype", "deprecated"],
  EnumOptions: ["deprecated"],
  EnumValueOptions: ["deprecated"],
  ServiceOptions: ["deprecated"],
  MethodOptions: ["idempotency_level", "deprecated"],
};

interface Field {
  name: string;
  typeName?: string;
}

interface Message {
  name: string;
  field?: Field[];
  nestedType?: Message[];
  enumType?: { name: string }[];
}

/** descriptor.proto as @bufbuild/protobuf writes it down. */
export interface DescriptorProtoFile {
  messageType: Message[];
  enumType: { name: string }[];
}

/** It with the fields of READ alone. Messages keep their places, by which generated code finds them. */
export function leanDescriptorProto<File extends DescriptorProtoFile>(file: File): File {
  const fields = (of: Message) =>
    (of.field ?? [])
      .filter(({ name }) => READ[of.name]?.includes(name))
      // Defaults are asked for with `?? false`: none is needed.
      .map((field) => ({ ...field, options: undefined, defaultValue: undefined }));
  const types = new Set(file.messageType.flatMap(fields).map((field) => field.typeName));
  const messageType = file.messageType.map((of) => ({
    name: of.name,
    field: fields(of),
    enumType: (of.enumType ?? []).filter(({ name }) => types.has(`.google.protobuf.${of.name}.${name}`)),
  }));
  return { ...file, messageType, enumType: [] };
}

/** `file` as generated code has it, in base64, as the text of its bytes: compressed, a third smaller. */
export function withoutBase64(code: string): string {
  return code.replaceAll(/fileDesc\("([\w+/=]*)"/g, (_call, base64: string) => {
    return `fileDesc(/*@__PURE__*/ btoa(${JSON.stringify(Buffer.from(base64, "base64").toString("latin1"))})`;
  });
}

const BOOT = /boot\((\{.*\})\);\n/;

export const leanDescriptors: Plugin = {
  name: "kefu:lean-descriptors",
  apply: "build",
  transform(code, id) {
    if (/\/google\/protobuf\/descriptor_pb\.js$/.test(id)) {
      if (!BOOT.test(code)) this.error("descriptor_pb.js of @bufbuild/protobuf is written in another way: mend lean_descriptors.ts.");
      const lean = code.replace(BOOT, (_call, json: string) => `boot(${JSON.stringify(leanDescriptorProto(JSON.parse(json)))});\n`);
      return { code: lean, map: null };
    }
    // Values by default are of proto2, and nothing is of proto2 but descriptor.proto.
    if (/\/wire\/text-format\.js$/.test(id)) return { code: WITHOUT_DEFAULTS, map: null };
    return /_pb\.[jt]s$/.test(id) ? { code: withoutBase64(code), map: null } : null;
  },
};

const WITHOUT_DEFAULTS = `
export function parseTextFormatEnumValue() { throw new Error("Fields of the contract have no defaults: see lean_descriptors.ts."); }
export const parseTextFormatScalarValue = parseTextFormatEnumValue;
`;
