// What became of a payment, in a word.
import { t } from "../strings";
import type { PaymentState } from "../wire";
import { Tag, type Tone } from "./bits";

const TONES: Record<PaymentState, Tone> = { ordered: "blue", paid: "good", returned: "bad", unknown: "wait" };

export function StateTag({ state }: { state: PaymentState }) {
  return <Tag tone={TONES[state]}>{t.payouts.states[state]}</Tag>;
}
