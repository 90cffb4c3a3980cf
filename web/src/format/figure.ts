import { dayText } from "./dates";
import { digitsAfterPoint, isDecimal } from "./decimal";
import { locale } from "./locale";
import { moneyText } from "./money";

interface Shown {
  kind: string;
  exact?: string | null;
  unit: string;
  shown: string;
}

/** A figure of a plan as a person reads it. Where the exact text is a decimal of money it is written as money everywhere is. */
export function figureText(figure: Shown): string {
  const exact = figure.exact ?? "";
  if (figure.kind === "date") {
    return dayText(exact);
  }
  if (figure.kind === "number" && isDecimal(exact)) {
    if (/^[A-Z]{3}$/.test(figure.unit)) {
      return moneyText({ amount: exact, currency: figure.unit });
    }
    if (figure.unit === "count") {
      const places = digitsAfterPoint(exact);
      return new Intl.NumberFormat(locale, { maximumFractionDigits: places }).format(exact as unknown as number);
    }
  }
  return figure.shown;
}
