// A partner that makes a key of its own in the browser, and signs an agreement with it.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import {
  DESKTOP,
  done,
  found,
  goTo,
  isTooWide,
  LOOKS,
  settled,
  shot,
  signedOn,
  usesBrowser,
  WORKED_OUT_MS,
} from "./browser";
import { KEYHOLDER } from "./setup";

usesBrowser();

const PASSPHRASE = "four words are good";

function trueup(...args: string[]): string {
  return execFileSync(process.env.TRUEUP_BIN ?? "", [...args, "--program", inject("starterFolder")], {
    encoding: "utf8",
  });
}

interface Keys {
  keys: { id: string; key: string; is_custodial: boolean; signs_now: boolean; retired_at: number | null }[];
}

test("a partner makes its own key, and what it signs shows it to whoever checks", async () => {
  const base = inject("starter");
  const opened = await signedOn("keyholder", DESKTOP, base);
  const { page } = opened;
  const at = `/partners/${KEYHOLDER}`;
  const keys = async (): Promise<Keys> => (await page.request.get(`/v1${at}/keys`)).json();

  await goTo(page, `${at}/agreement`);
  await page.getByRole("link", { name: "Signing key" }).click();
  await page.getByRole("heading", { name: "Signing key" }).waitFor();
  await page.getByText("This server, with a key that it keeps for you").waitFor();
  expect(await found(page)).toEqual([]);
  await shot(page, "journey-key-make");
  await page.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
  await page.getByLabel("The passphrase again").fill("another");
  await page.getByText("The two are not the same").waitFor();
  await page.getByLabel("The passphrase again").fill(PASSPHRASE);
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Make the key" }).click();
  const backup = await (await downloading).path();
  await page.getByText(/signs for your company from now on/).waitFor({ timeout: WORKED_OUT_MS });
  const after = await keys();
  const own = after.keys.find((one) => one.signs_now);
  expect(own?.is_custodial).toBe(false);
  expect(after.keys.find((one) => one.is_custodial)?.retired_at).toBeTypeOf("number");
  await page.getByText(`Your own key ${own?.id}`).waitFor();
  await shot(page, "journey-key-made");
  // The secret is in no text that the page or its store can read.
  expect(readFileSync(backup, "utf8")).not.toContain("PRIVATE");
  const isClosed = await page.evaluate(
    (key) =>
      new Promise((resolve) => {
        const asked = indexedDB.open("trueup");
        asked.onsuccess = () => {
          const got = asked.result.transaction("keys").objectStore("keys").get(key);
          got.onsuccess = () =>
            crypto.subtle.exportKey("pkcs8", got.result.secret).then(
              () => resolve(false),
              () => resolve(true),
            );
        };
      }),
    own?.key ?? "",
  );
  expect(isClosed).toBe(true);

  // The vendor proposes other terms, for the new key.
  const folder = inject("starterFolder");
  const list = await (await page.request.get(`/v1${at}/agreements`)).json();
  const name: string = list.agreements[0].name;
  const text = join(folder, `agreements/${name}.yaml`);
  writeFileSync(text, `${readFileSync(text, "utf8")}# agreed in March\n`);
  trueup("agreement", "propose", name, "--partner", KEYHOLDER, "--because", "what was agreed in March", "--by", "u-17");
  await goTo(page, `${at}/agreement`);
  await page.getByRole("button", { name: "Accept and sign" }).click({ timeout: WORKED_OUT_MS });
  const dialog = page.getByRole("dialog");
  await dialog.getByText("What you sign, to the byte").waitFor();
  await dialog.getByText(`agreements/${name}.yaml`).first().waitFor();
  await dialog.getByText("the text below has this digest").first().waitFor();
  expect(await dialog.getByText("the text that was handed out has another digest").count()).toBe(0);
  expect(await dialog.locator("pre").first().textContent()).toContain(own?.key);
  await dialog.getByText(`own key ${own?.id}`).waitFor();
  expect(await found(page)).toEqual([]);
  await shot(page, "journey-key-seal");
  await dialog.getByRole("button", { name: "Accept and sign" }).click();
  await dialog.waitFor({ state: "detached", timeout: WORKED_OUT_MS });
  await page.getByText("your side with a key of your own").first().waitFor({ timeout: WORKED_OUT_MS });
  await shot(page, "journey-key-signed");

  // The other partner under the same text signs it as well, by the key that is kept for it: what is open can be closed.
  trueup("agreement", "propose", "--all", "--because", "what was agreed in March", "--by", "u-17");
  trueup("agreement", "accept", "--all", "--for", "everyone");

  // Whoever has no server at all sees it too.
  expect(trueup("verify")).toContain("Nothing was changed");
  const file = join(folder, "signed.agreement");
  writeFileSync(file, trueup("agreement", "show", name, "--partner", KEYHOLDER));
  const vendor = trueup("keys", "list", "--format", "csv")
    .split("\n")
    .find((line) => line.startsWith("vendor,"));
  const verified = execFileSync(process.env.TRUEUP_BIN ?? "", ["verify", file, "--key", vendor?.split(",")[5] ?? ""], {
    encoding: "utf8",
  });
  expect(verified).toContain("the partner signed it by a key of its own");
  const log = JSON.parse(trueup("journal", "log", "--format", "json"));
  const ownActs = log.filter((act: { for: string }) => act.for === `partner/${KEYHOLDER}`);
  expect(ownActs.at(-1)).toMatchObject({ kind: "agreement.accepted" });

  // A browser that does not have the key says so, and gets it from the backup and its passphrase.
  const elsewhere = await signedOn("keyholder", DESKTOP, base);
  await goTo(elsewhere.page, `${at}/key`);
  await elsewhere.page.getByText("It is not in this browser").first().waitFor();
  await elsewhere.page.locator("input[type=file]").setInputFiles(backup);
  await elsewhere.page.getByLabel("Passphrase", { exact: true }).fill("not the passphrase");
  await elsewhere.page.getByRole("button", { name: "Bring it here" }).click();
  await elsewhere.page.getByText("The passphrase does not open this backup.").waitFor();
  expect(await found(elsewhere.page)).toEqual([]);
  await shot(elsewhere.page, "journey-key-bring");
  await elsewhere.page.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
  await elsewhere.page.getByRole("button", { name: "Bring it here" }).click();
  await elsewhere.page.getByText("The key is in this browser now.").waitFor();
  expect(opened.complaints.concat(elsewhere.complaints)).toEqual([]);
  await done(elsewhere);
  await done(opened);
});

test.each(LOOKS)("the page of the key in $name", async (look) => {
  const opened = await signedOn("keyholder", look, inject("starter"));
  await goTo(opened.page, `/partners/${KEYHOLDER}/key`);
  await settled(opened.page);
  expect(await found(opened.page)).toEqual([]);
  expect(await isTooWide(opened.page)).toBe(false);
  await shot(opened.page, `${look.name}-key`);
  expect(opened.complaints).toEqual([]);
  await done(opened);
});
