import { expect, test } from "vitest";
import { amountText, moneyText, signWord } from "../../src/format/money";

test("a decimal text is shown with every digit it has, however many", () => {
  expect(amountText("9007199254740993.01", "USD")).toBe("9,007,199,254,740,993.01");
  expect(amountText("123456789012345678901234567890.12", "EUR")).toBe("123,456,789,012,345,678,901,234,567,890.12");
  expect(amountText("808.236666", "USD")).toBe("808.236666");
  expect(amountText("0.10", "USD")).toBe("0.10");
});

test("a currency has its own number of digits at least", () => {
  expect(amountText("1200", "JPY")).toBe("1,200");
  expect(amountText("1200", "USD")).toBe("1,200.00");
  expect(amountText("1.2", "KWD")).toBe("1.200");
});

test("less than nothing has a minus sign, wherever the locale puts it", () => {
  expect(amountText("-6669.74", "USD")).toBe("−6,669.74");
  expect(moneyText({ amount: "-6669.74", currency: "USD" })).toContain("−");
  expect(amountText("12.00", "USD", true)).toBe("+12.00");
  expect(amountText("0.00", "USD", true)).toBe("0.00");
});

test("what is no decimal is shown as it came and not as a number", () => {
  expect(moneyText({ amount: "n/a", currency: "USD" })).toBe("n/a USD");
  expect(amountText("1e3", "USD")).toBe("1e3");
});

test("a sign is also a word", () => {
  expect([signWord("-0.01"), signWord("0.00"), signWord("-0.00"), signWord("3")]).toEqual([
    "less",
    "same",
    "same",
    "more",
  ]);
});
