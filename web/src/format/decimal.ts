// Decimal texts as the API sends them: looked at, compared and told apart, never computed with.

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

export function isNegative(text: string): boolean {
  return text.startsWith("-") && !isZero(text);
}

export function isZero(text: string): boolean {
  return /^-?0+(\.0+)?$/.test(text);
}

export function digitsAfterPoint(text: string): number {
  return DECIMAL.exec(text)?.[3]?.length ?? 0;
}

/** Which of two decimal texts is greater, digit by digit; what is no decimal comes first. */
export function compareDecimals(left: string, right: string): number {
  const [a, b] = [DECIMAL.exec(left), DECIMAL.exec(right)];
  if (!a || !b) {
    return Number(Boolean(a)) - Number(Boolean(b)) || left.localeCompare(right);
  }
  const places = Math.max(a[3]?.length ?? 0, b[3]?.length ?? 0);
  const [x, y] = [inLastPlace(a, places), inLastPlace(b, places)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function inLastPlace(parts: RegExpExecArray, places: number): bigint {
  return BigInt(`${parts[1]}${parts[2]}${(parts[3] ?? "").padEnd(places, "0")}`);
}

/** A number for the length of a bar. It is drawn and never shown: what people read is the text itself. */
export function forDrawing(text: string): number {
  const drawn = Number(text);
  return Number.isFinite(drawn) ? drawn : 0;
}
