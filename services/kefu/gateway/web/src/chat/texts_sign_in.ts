/** What the page says where a customer signs in: loaded with that, see page.tsx. */
import { texts } from "../shared/i18n.ts";

export const EN = {
  title: "Verify your e-mail",
  close: "Close",
  required: "Please sign in to chat",
  on_site: "Please sign in on the site to chat.",
  or_on_site: "If you have an account, you can sign in on the site instead.",
  why: "We send you a code of six digits. Your conversations are then there on all your devices.",
  email: "E-mail address",
  send: "Send the code",
  sending: "Sending…",
  sent: "We have sent a code to {email}. It is good for ten minutes.",
  code: "Code of six digits",
  verify: "Verify",
  verifying: "Verifying…",
  resend: "Send a new code",
  other: "Use another address",
  done: "Your e-mail address is verified.",
  failed_email: "Please enter an e-mail address, such as name@example.com.",
  failed_digits: "Please enter the six digits of the code.",
  failed_code: "This code is not right, or no longer good. Please check it, or have a new one sent.",
  failed_limit: "Too many codes were sent. Please try again in {count} minutes.",
  failed_limit_one: "Too many codes were sent. Please try again in {count} minute.",
  failed_off: "Signing in by e-mail is not available at the moment.",
  failed_away: "That didn't work. Please try again.",
} as const;

export const ZH: Record<keyof typeof EN, string> = {
  title: "验证您的邮箱",
  close: "关闭",
  required: "请先登录再开始对话",
  on_site: "请先在网站上登录，再开始对话。",
  or_on_site: "如果您有账号，也可以在网站上登录。",
  why: "我们会向您发送六位数验证码。验证后，您可以在所有设备上查看自己的对话。",
  email: "邮箱地址",
  send: "发送验证码",
  sending: "正在发送…",
  sent: "验证码已发送至 {email}，十分钟内有效。",
  code: "六位数验证码",
  verify: "验证",
  verifying: "正在验证…",
  resend: "重新发送验证码",
  other: "使用其他邮箱",
  done: "您的邮箱已验证。",
  failed_email: "请输入邮箱地址，例如 name@example.com。",
  failed_digits: "请输入六位数验证码。",
  failed_code: "验证码有误或已失效。请检查，或重新发送验证码。",
  failed_limit: "验证码发送次数过多，请在 {count} 分钟后重试。",
  failed_limit_one: "验证码发送次数过多，请在 {count} 分钟后重试。",
  failed_off: "目前无法使用邮箱登录。",
  failed_away: "操作未成功，请重试。",
};

export type SignInKey = keyof typeof EN;
export const t = texts(EN, ZH);
