// Taking a step that is signed with a partner's own key: each text that the server hands out is held to what was asked before
// it is signed. What is sent is texts and signatures; the secret stays here.
import { answered, api } from "../client";
import type { PartnerStep, TextToSign } from "../wire";
import { type HeldKey, idOf, KeyTrouble, signText } from "./key";

interface Signed {
  text: string;
  signature: string;
}

/** In whose name a step is taken, and by whom. */
export interface Signer {
  partner: string;
  person: string;
  held: HeldKey;
}

/** What is to be signed next, after what was signed; none where the step is taken. */
async function asked(signer: Signer, step: PartnerStep, signed: Signed[]): Promise<TextToSign | null> {
  const answer = await answered(
    api.POST("/v1/partners/{partner}/signing", {
      params: { path: { partner: signer.partner } },
      body: { key: idOf(signer.held.key), step, signed },
    }),
  );
  return answer.to_sign ?? null;
}

/** What both sides sign of an agreement, to be read before it is signed. */
export async function sealOf(signer: Signer, step: PartnerStep): Promise<TextToSign> {
  const seal = await asked(signer, step, []);
  if (!seal) {
    throw new KeyTrouble("notAsked");
  }
  return seal;
}

/** Takes a step; `seal` is what was read of it, where an agreement is accepted. */
export async function takeStep(signer: Signer, step: PartnerStep, seal?: string): Promise<void> {
  const signed: Signed[] = [];
  if (seal !== undefined) {
    signed.push({ text: seal, signature: await signText(signer.held, seal) });
  }
  const act = await asked(signer, step, signed);
  if (!act || !isAsked(act.text, signer, step, seal)) {
    throw new KeyTrouble("notAsked");
  }
  signed.push({ text: act.text, signature: await signText(signer.held, act.text) });
  if (await asked(signer, step, signed)) {
    throw new KeyTrouble("notAsked");
  }
}

/** Whether an act says just what was asked for, by this person and in this partner's name. */
export function isAsked(
  text: string,
  { partner, person }: Pick<Signer, "partner" | "person">,
  step: PartnerStep,
  seal?: string,
): boolean {
  const [head, ...rest] = text.split("\n\n");
  const lines = new Map(
    (head ?? "").split("\n").map((line) => [line.split(" ")[0], line.split(" ").slice(1).join(" ")]),
  );
  let says: Record<string, unknown>;
  try {
    says = JSON.parse(rest.join("\n\n"));
  } catch {
    return false;
  }
  const { kind, fields } = actOf(step, partner);
  const note = says.note;
  const isSealed = seal === undefined || (typeof note === "string" && note.startsWith(`${seal}\n— `));
  return (
    lines.get("trueup") === "act 1" &&
    lines.get("kind") === kind &&
    lines.get("by") === person &&
    lines.get("for") === `partner/${escaped(partner)}` &&
    isSealed &&
    Object.entries(fields).every(([name, value]) => says[name] === value)
  );
}

function actOf(step: PartnerStep, partner: string): { kind: string; fields: Record<string, unknown> } {
  switch (step.does) {
    case "accept_agreement":
      return { kind: "agreement.accepted", fields: { proposal: step.proposal } };
    case "decline_agreement":
      return { kind: "agreement.declined", fields: { proposal: step.proposal, because: step.because.trim() } };
    case "accept_statements":
      return { kind: "statement.accepted", fields: { partner, until: step.until } };
    case "open_dispute": {
      const { component, settled_on, because } = step;
      return { kind: "dispute.opened", fields: { partner, component, settled_on, because: because.trim() } };
    }
    case "withdraw_dispute": {
      const { dispute, because } = step;
      return { kind: "dispute.resolved", fields: { dispute, outcome: "withdrawn", because: because.trim() } };
    }
    case "acknowledge_announcement":
      return { kind: "announcement.acknowledged", fields: { partner, announcement: step.announcement } };
  }
}

/** A partner's id as the names of keys and acts write it. */
function escaped(partner: string): string {
  const one = (byte: number) => {
    const letter = String.fromCharCode(byte);
    return /[\w.-]/.test(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  };
  return Array.from(new TextEncoder().encode(partner), one).join("");
}
