/** The fields of the form of a source, from and to the contract. */

import { create } from "@bufbuild/protobuf";

import { Audience } from "../../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import {
  CrawlOriginSchema,
  FeedOriginSchema,
  FolderOriginSchema,
  GitOriginSchema,
  RestOriginSchema,
  S3OriginSchema,
  SitemapOriginSchema,
  type Source,
  SourceScheduleSchema,
} from "../../../gen/kefu/retrieval/v1/source_pb.ts";

export const KINDS = ["sitemap", "crawl", "git", "feed", "folder", "s3", "rest"] as const;

export interface Fields {
  readonly id: string;
  readonly displayName: string;
  readonly kind: (typeof KINDS)[number];
  readonly address: string;
  readonly prefix: string;
  readonly folder: string;
  readonly bucket: string;
  readonly recipe: string;
  readonly settings: string;
  readonly secret: string;
  readonly hours: string;
  readonly audience: Audience;
  readonly paused: boolean;
  readonly unchecked: boolean;
}

export const EMPTY: Fields = {
  id: "",
  displayName: "",
  kind: "sitemap",
  address: "",
  prefix: "",
  folder: "",
  bucket: "",
  recipe: "",
  settings: "",
  secret: "",
  hours: "6",
  audience: Audience.EVERYONE,
  paused: false,
  unchecked: false,
};

export function fieldsOf(source: Source): Fields {
  const { origin } = source;
  const minutes = source.schedule?.everyMinutes ?? 0;
  const common: Fields = {
    ...EMPTY,
    displayName: source.displayName,
    kind: origin.case ?? "sitemap",
    secret: source.secret.replace(/^secrets\//, ""),
    hours: minutes === 0 ? "" : String(minutes / 60),
    audience: source.audience,
    paused: source.paused,
    unchecked: source.unchecked,
  };
  switch (origin.case) {
    case "crawl":
      return { ...common, address: origin.value.address, prefix: origin.value.prefix };
    case "git":
      return { ...common, address: origin.value.address, folder: origin.value.folder };
    case "folder":
      return { ...common, address: origin.value.path };
    case "s3":
      return { ...common, address: origin.value.endpoint, bucket: origin.value.bucket };
    case "rest": {
      const settings = Object.entries(origin.value.settings).map(([name, value]) => `${name}=${value}`);
      return { ...common, recipe: origin.value.recipe, settings: settings.join("\n") };
    }
    case undefined:
      return common;
    default:
      return { ...common, address: origin.value.address };
  }
}

/** The source with what the form says; what it does not show stays. */
export function sourceOf(source: Source, fields: Fields, collection: string): Source {
  if (source.name === "") source.name = `${collection}/sources/${fields.id}`;
  source.displayName = fields.displayName;
  source.origin = originOf(source, fields);
  source.secret = fields.secret.trim() === "" ? "" : `secrets/${fields.secret.trim()}`;
  const minutes = Math.round(Number(fields.hours) * 60);
  if (minutes > 0) source.schedule = create(SourceScheduleSchema, { everyMinutes: minutes });
  else if ((source.schedule?.dailyAt ?? "") === "") source.schedule = create(SourceScheduleSchema);
  source.audience = fields.audience;
  source.paused = fields.paused;
  source.unchecked = fields.unchecked;
  delete source.status;
  return source;
}

function originOf({ origin }: Source, fields: Fields): Source["origin"] {
  const address = fields.address.trim();
  switch (fields.kind) {
    case "sitemap":
      return { case: "sitemap", value: create(SitemapOriginSchema, { ...(origin.case === "sitemap" ? { hosts: origin.value.hosts } : {}), address }) };
    case "crawl": {
      const kept = origin.case === "crawl" ? { exclude: origin.value.exclude } : {};
      return { case: "crawl", value: create(CrawlOriginSchema, { ...kept, address, prefix: fields.prefix.trim() }) };
    }
    case "git": {
      const kept = origin.case === "git" ? { branch: origin.value.branch, uriPrefix: origin.value.uriPrefix } : {};
      return { case: "git", value: create(GitOriginSchema, { ...kept, address, folder: fields.folder.trim() }) };
    }
    case "feed": {
      const kept = origin.case === "feed" ? { entryText: origin.value.entryText } : {};
      return { case: "feed", value: create(FeedOriginSchema, { ...kept, address }) };
    }
    case "folder":
      return { case: "folder", value: create(FolderOriginSchema, { path: address }) };
    case "s3": {
      const kept = origin.case === "s3" ? { prefix: origin.value.prefix, region: origin.value.region } : {};
      return { case: "s3", value: create(S3OriginSchema, { ...kept, endpoint: address, bucket: fields.bucket.trim() }) };
    }
    case "rest": {
      const pairs = fields.settings.split("\n").filter((line) => line.includes("="));
      const settings = Object.fromEntries(pairs.map((line) => [line.slice(0, line.indexOf("=")).trim(), line.slice(line.indexOf("=") + 1).trim()]));
      const kept = origin.case === "rest" ? { description: origin.value.description } : {};
      return { case: "rest", value: create(RestOriginSchema, { ...kept, recipe: fields.recipe, settings }) };
    }
  }
}
