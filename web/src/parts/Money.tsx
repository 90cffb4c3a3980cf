import { isNegative, isZero } from "../format/decimal";
import { amountText, moneyText } from "../format/money";

interface Props {
  value: string | null | undefined;
  currency: string;
  /** Shows a plus too, for differences. */
  sign?: boolean;
  /** Leaves out the currency, where the head of the column names it. */
  bare?: boolean;
  none?: string;
}

/** An amount, as the API sent it. */
export function Money({ value, currency, sign = false, bare = false, none = "–" }: Props) {
  if (value === null || value === undefined) {
    return <span className="money none">{none}</span>;
  }
  const tone = isNegative(value) ? "less" : isZero(value) ? "nil" : sign ? "more" : "";
  if (bare) {
    return <span className={`money ${tone}`}>{amountText(value, currency, sign)}</span>;
  }
  const [before, after] = split(moneyText({ amount: value, currency }, sign), currency);
  return (
    <span className={`money ${tone}`}>
      {before ? <span className="code">{before} </span> : null}
      {after}
    </span>
  );
}

// The code is set smaller than the figure; it stands first or last, as the reader's locale has it.
function split(text: string, currency: string): [string, string] {
  if (!text.includes(currency)) {
    return ["", text];
  }
  return [currency, text.replace(currency, "").replaceAll(/[\s\u00a0]+/g, "")];
}
