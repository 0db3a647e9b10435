/** The texts about text recognition (OCR) in Chinese. */

import type { recognitionEn } from "./recognition_texts_en.ts";

export const recognitionZh: Record<keyof typeof recognitionEn, string> = {
  ocr: "文字识别",
  ocrPages: "第 {pages} 页",
  ocrPages_one: "第 {pages} 页",
  ocrPictures: "{count} 张图片",
  ocrPictures_one: "{count} 张图片",
  ocrAnd: "和",
  ocrRead: "{what}由 OCR 识别，把握 {percent}%",
  ocrDoubtful: "请与原件核对：第 {pages} 页",
  phaseReading: "正在读取第 {read}/{count} 页",
  phaseReading_one: "正在读取第 {read}/{count} 页",
};
