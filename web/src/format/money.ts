import { digitsAfterPoint, isDecimal, isNegative } from "./decimal";
import { locale } from "./locale";

const formats = new Map<string, Intl.NumberFormat>();

function format(currency: string, places: number, style: "currency" | "decimal", sign: boolean): Intl.NumberFormat {
  const key = `${currency} ${places} ${style} ${sign}`;
  const known = formats.get(key);
  if (known) {
    return known;
  }
  const usual = new Intl.NumberFormat(locale, { style: "currency", currency }).resolvedOptions();
  const least = usual.minimumFractionDigits ?? 2;
  const made = new Intl.NumberFormat(locale, {
    ...(style === "currency" ? { style, currency, currencyDisplay: "code" as const } : {}),
    minimumFractionDigits: least,
    // Never fewer digits than the text has: showing is not rounding.
    maximumFractionDigits: Math.max(least, places),
    signDisplay: sign ? "exceptZero" : "auto",
  });
  formats.set(key, made);
  return made;
}

// Intl takes decimal texts exactly; the types know only numbers.
function shown(made: Intl.NumberFormat, amount: string): string {
  return made.format(amount as unknown as number).replace("-", "−");
}

/** `1,234.50`, for a column that has its currency in the head. */
export function amountText(amount: string, currency: string, sign = false): string {
  return isDecimal(amount) ? shown(format(currency, digitsAfterPoint(amount), "decimal", sign), amount) : amount;
}

/** `USD 1,234.50`. */
export function moneyText(money: { amount: string; currency: string }, sign = false): string {
  const { amount, currency } = money;
  if (!isDecimal(amount)) {
    return `${amount} ${currency}`;
  }
  return shown(format(currency, digitsAfterPoint(amount), "currency", sign), amount);
}

/** Words for readers who hear the sign better than they see it. */
export function signWord(amount: string): "less" | "more" | "same" {
  return isNegative(amount) ? "less" : /[1-9]/.test(amount) ? "more" : "same";
}

/** A count, such as of partners. */
export function countText(count: number): string {
  return new Intl.NumberFormat(locale).format(count);
}
