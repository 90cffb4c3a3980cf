import { expect, test } from "vitest";
import { checked } from "../../src/pages/agreements/Seal";
import { fromBackup, idOf, KeyTrouble, makeKey, sha256, signText } from "../../src/signing/key";
import { isAsked } from "../../src/signing/step";

const NAME = "alliance/partner/P-1";
const PASSPHRASE = "four words are good";

async function trouble(asked: Promise<unknown>): Promise<string> {
  try {
    await asked;
  } catch (error) {
    return error instanceof KeyTrouble ? error.why : String(error);
  }
  return "none";
}

test("a key's secret can't be taken out, with a backup or without", async () => {
  for (const passphrase of [undefined, PASSPHRASE]) {
    const { held, request } = await makeKey(NAME, passphrase);
    expect(held.secret.extractable).toBe(false);
    expect(await trouble(crypto.subtle.exportKey("pkcs8", held.secret))).not.toBe("none");
    expect(request.startsWith(`trueup key 1\n${held.key}\n\n— ${NAME} `)).toBe(true);
    expect(idOf(held.key)).toMatch(/^[0-9a-f]{8}$/);
  }
}, 60_000);

test("a backup opens with its passphrase alone, and to the same key", async () => {
  const { held, backup } = await makeKey(NAME, PASSPHRASE);
  expect(backup).not.toContain("PRIVATE");
  const again = await fromBackup(backup ?? "", PASSPHRASE, held.key);
  expect(again.secret.extractable).toBe(false);
  expect(await signText(again, "a text\n")).toBe(await signText(held, "a text\n"));
  expect(await trouble(fromBackup(backup ?? "", "another passphrase", held.key))).toBe("passphrase");
  expect(await trouble(fromBackup("{}", PASSPHRASE, held.key))).toBe("notABackup");
  const other = await makeKey(NAME, undefined);
  expect(await trouble(fromBackup(backup ?? "", PASSPHRASE, other.held.key))).toBe("another");
  // A backup that says that it is of another key does not open as one of it.
  const renamed = (backup ?? "").replace(held.key, other.held.key);
  expect(await trouble(fromBackup(renamed, PASSPHRASE, other.held.key))).toBe("passphrase");
}, 60_000);

test("a seal is held to the texts that were handed out", async () => {
  const text = "plan: x\n";
  const digest = await sha256(text);
  const seal = {
    key: "1a2b3c4d",
    text: `trueup seal 1\ntext plans/a b.yaml ${digest}\ntext plans/c.yaml ${digest}\ntext data/d.csv ${digest}\n`,
    texts: [
      { path: "plans/a b.yaml", text },
      { path: "plans/c.yaml", text: "plan: y\n" },
    ],
  };
  const held = await checked(seal);
  expect(held.map((one) => [one.path, one.holds])).toEqual([
    ["plans/a b.yaml", true],
    ["plans/c.yaml", false],
    ["data/d.csv", undefined],
  ]);
});

test("an act that says something else than was asked for is not signed", () => {
  const who = { partner: "P+1", person: "u-1" };
  const step = {
    does: "open_dispute",
    component: "bonus",
    settled_on: "2026-03-31",
    because: " late\n\nagain ",
  } as const;
  const act = (kind: string, behalf: string, says: object) =>
    `trueup act 1\nat 2026-01-05T09:00:00Z\nby u-1\nfor ${behalf}\nkind ${kind}\nafter 12\n\n${JSON.stringify(says)}\n`;
  const says = {
    partner: "P+1",
    plan: "p",
    component: "bonus",
    settled_on: "2026-03-31",
    because: "late\n\nagain",
  };
  expect(isAsked(act("dispute.opened", "partner/P%2B1", says), who, step)).toBe(true);
  expect(isAsked(act("dispute.opened", "partner/P%2B1", { ...says, component: "other" }), who, step)).toBe(false);
  expect(isAsked(act("statement.accepted", "partner/P%2B1", says), who, step)).toBe(false);
  expect(isAsked(act("dispute.opened", "vendor", says), who, step)).toBe(false);
  expect(isAsked("no act", who, step)).toBe(false);
  const accept = { does: "accept_agreement", agreement: "a", proposal: 7 } as const;
  const seal = "trueup seal 1\nx\n";
  const sealed = (note: string) => act("agreement.accepted", "partner/P%2B1", { proposal: 7, note });
  expect(isAsked(sealed(`${seal}\n— a/vendor x\n— a/partner/P%2B1 y\n`), who, accept, seal)).toBe(true);
  expect(isAsked(sealed("trueup seal 1\ny\n\n— a/vendor x\n"), who, accept, seal)).toBe(false);
});
