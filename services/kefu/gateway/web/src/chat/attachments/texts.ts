/** What the page says of files that go along with a message: loaded when one is chosen. */
import { texts } from "../../shared/i18n.ts";

export const EN = {
  list: "Files that go along with your message",
  sending: "{name} is being sent: {percent} %",
  checking: "{name} is being checked",
  added: "{name} goes along with your message.",
  remove: "Remove {name}",
  too_many: "At most {most} files can go along with one message.",
  too_large: "“{name}” is too large: at most {most} MB can be sent.",
  wrong_type: "“{name}” is no picture (JPEG, PNG, WebP, GIF) and no PDF.",
  broken: "“{name}” is broken. Please save it anew, or take the picture again.",
  password: "“{name}” is protected by a password. Please send a copy without one.",
  slow: "Checking “{name}” took too long. Please send a smaller or simpler file.",
  pixels: "“{name}” has too many pixels. Please send a smaller picture.",
  full: "This conversation has as many files as it can have. Please begin a new one.",
  sign_in: "Please sign in before you send files.",
  off: "Files are not taken at the moment.",
  later: "Too many files at once. Please try again in a minute.",
  failed: "“{name}” could not be sent. Please try again.",
} as const;

export const ZH: Record<keyof typeof EN, string> = {
  list: "随消息发送的文件",
  sending: "正在发送 {name}：{percent}%",
  checking: "正在检查 {name}",
  added: "{name} 将随您的消息发送。",
  remove: "移除 {name}",
  too_many: "一条消息最多可附带 {most} 个文件。",
  too_large: "“{name}”太大：最多可发送 {most} MB。",
  wrong_type: "“{name}”不是图片（JPEG、PNG、WebP、GIF），也不是 PDF。",
  broken: "“{name}”已损坏。请重新保存或重新拍摄。",
  password: "“{name}”有密码保护。请发送不带密码的副本。",
  slow: "检查“{name}”用时过长。请发送较小或较简单的文件。",
  pixels: "“{name}”的像素过多。请发送较小的图片。",
  full: "此对话的文件数量已达上限。请开始新的对话。",
  sign_in: "请先登录，再发送文件。",
  off: "目前不接收文件。",
  later: "发送的文件过多，请一分钟后重试。",
  failed: "“{name}”未能发送。请重试。",
};

export type FileKey = keyof typeof EN;
export const t = texts(EN, ZH);
