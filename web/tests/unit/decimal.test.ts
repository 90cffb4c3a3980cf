import { expect, test } from "vitest";
import { compareDecimals, digitsAfterPoint, forDrawing, isDecimal, isNegative, isZero } from "../../src/format/decimal";

test("texts are compared as numbers, digit by digit", () => {
  expect(compareDecimals("9007199254740993", "9007199254740992")).toBe(1);
  expect(compareDecimals("10.5", "9.50")).toBe(1);
  expect(compareDecimals("-2", "-10")).toBe(1);
  expect(compareDecimals("1.50", "1.5")).toBe(0);
  expect(compareDecimals("-0.01", "0")).toBe(-1);
});

test("what is no decimal comes before what is", () => {
  expect(compareDecimals("", "1")).toBe(-1);
  expect(compareDecimals("1", "")).toBe(1);
  expect(compareDecimals("", "")).toBe(0);
});

test("a zero has no sign", () => {
  expect(isZero("-0.00")).toBe(true);
  expect(isNegative("-0.00")).toBe(false);
  expect(isNegative("-0.01")).toBe(true);
  expect(isZero("0.001")).toBe(false);
});

test("only plain decimals are decimals", () => {
  expect(["1", "-1.20", "1e3", "1,000", ".5", "2/3", "", "NaN"].map(isDecimal)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
  expect(digitsAfterPoint("1.2300")).toBe(4);
  expect(forDrawing("NaN")).toBe(0);
});
