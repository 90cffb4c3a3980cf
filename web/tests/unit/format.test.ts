import { expect, test } from "vitest";
import { csvText } from "../../src/format/csv";
import { dayText, leafOf, spanText, withDays } from "../../src/format/dates";
import { figureText } from "../../src/format/figure";
import { localeOf } from "../../src/format/locale";

test("a civil day is the same day in every zone", () => {
  expect(dayText("2013-11-30")).toBe("30 Nov 2013");
  expect(spanText("2013-09-01", "2013-11-30")).toBe("1 Sept – 30 Nov 2013");
  expect(spanText("2013-12-01", "2014-02-28")).toBe("1 Dec 2013 – 28 Feb 2014");
  expect(leafOf("2014-02-28")).toEqual({ day: "28", month: "Feb", year: "2014" });
  expect(dayText("soon")).toBe("soon");
});

test("days inside the server's words are written as people write them", () => {
  expect(withDays("held until 2026-07-01, then released")).toBe("held until 1 Jul 2026, then released");
  expect(withDays("order 12026-07-011")).toBe("order 12026-07-011");
});

test("the reader's kind of English is taken, and no other language's figures", () => {
  expect(localeOf(["de-DE", "en-US", "en"])).toBe("en-US");
  expect(localeOf(["fr"])).toBe("en-GB");
});

test("a figure of money is money, a fraction stays as the server says it", () => {
  const money = { kind: "number", exact: "92941.2222", unit: "USD", shown: "92,941.2222 USD" };
  expect(figureText(money)).toMatch(/92,941\.2222/);
  expect(figureText({ kind: "number", exact: "2/3", unit: "", shown: "≈ 66.6667 %" })).toBe("≈ 66.6667 %");
  expect(figureText({ kind: "number", exact: "0.05", unit: "", shown: "5 %" })).toBe("5 %");
  expect(figureText({ kind: "number", exact: "12000", unit: "count", shown: "12000" })).toBe("12,000");
  expect(figureText({ kind: "date", exact: "2026-01-31", unit: "", shown: "2026-01-31" })).toBe("31 Jan 2026");
});

test("a downloaded cell is never a formula", () => {
  const rows = [["=1+1", "+49", "@x", "-cmd", "-12.50", 'a "b", c', "\tx"]];
  expect(csvText(rows)).toBe(`'=1+1,'+49,'@x,'-cmd,-12.50,"a ""b"", c",'\tx\r\n`);
});
