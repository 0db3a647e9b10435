/** The texts about text recognition (OCR) in English. */

export const recognitionEn = {
  ocr: "Text recognition",
  ocrPages: "pages {pages}",
  ocrPages_one: "page {pages}",
  ocrPictures: "{count} pictures",
  ocrPictures_one: "1 picture",
  ocrAnd: " and ",
  ocrRead: "{what} read by OCR, {percent} % sure",
  ocrDoubtful: "Compare with the original: {pages}",
  phaseReading: "Reading page {read} of {count}",
  phaseReading_one: "Reading page {read} of 1",
};
