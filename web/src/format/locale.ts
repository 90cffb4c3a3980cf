// Texts are English, so figures and days follow the reader's kind of English.

export function localeOf(languages: readonly string[]): string {
  return languages.find((language) => language === "en" || language.startsWith("en-")) ?? "en-GB";
}

export const locale = localeOf(typeof navigator === "undefined" ? [] : navigator.languages);
