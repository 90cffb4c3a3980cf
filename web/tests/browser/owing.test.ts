// A program in which a partner was paid too much, and rows are set aside: what is owed is given up by two people, and rows are
// put right.
import { execFileSync } from "node:child_process";
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

usesBrowser();

interface Exceptions {
  owed: { partner: string; component: string; settled_on: string; money: { amount: string } }[];
}

test("finance gives up what a partner owes, and another person approves it", async () => {
  const base = inject("owing");
  const finance = await signedOn("finance", DESKTOP, base);
  const { page } = finance;
  const debtor = await signedOn("debtor", DESKTOP, base);
  const owedBack = async () => {
    const home = await (await debtor.page.request.get("/v1/partners/P-300/home")).json();
    return home.money[0]?.owed_back as string;
  };
  const was = await owedBack();
  await goTo(page, "/exceptions");
  const { owed }: Exceptions = await (await page.request.get("/v1/exceptions")).json();
  const [own] = owed.filter((one) => one.partner === "P-300");
  expect(Number(own?.money.amount)).toBeGreaterThan(100);
  await page.getByText("A write-off", { exact: true }).click();
  await page.getByRole("combobox", { name: "What is owed" }).click();
  await page.getByRole("option").first().click();
  // The whole of it is proposed, and less may be.
  expect(await page.getByLabel("Amount").inputValue()).toBe(own?.money.amount);
  await page.getByLabel("Amount").fill("5000000.00");
  await page.getByRole("combobox", { name: "Reason code" }).fill("uncollectable");
  await page.keyboard.press("Escape");
  await page.getByLabel("Why", { exact: true }).fill("The partner closed down");
  await page.getByRole("button", { name: "Propose", exact: true }).click();
  await page.getByText("cannot be given up of it", { exact: false }).waitFor();
  expect(await found(page)).toEqual([]);
  await page.getByLabel("Amount").fill("100.00");
  await page.getByRole("button", { name: "Propose", exact: true }).click();
  await page.getByText(/Exception \d+ waits for another person\./).waitFor({ timeout: WORKED_OUT_MS });
  await page.getByText("is given up", { exact: false }).first().waitFor();
  expect(await page.getByRole("button", { name: "Approve", exact: true }).isDisabled()).toBe(true);
  await shot(page, "journey-write-off-proposed");
  expect(await owedBack(), "nothing is given up by one person").toBe(was);

  const approver = await signedOn("approver", DESKTOP, base);
  await goTo(approver.page, "/exceptions");
  await approver.page.getByRole("button", { name: "Approve", exact: true }).click();
  await approver.page.getByRole("dialog").getByText("is given up", { exact: false }).waitFor();
  await approver.page.getByRole("button", { name: "Approve and post it" }).click();
  await approver.page.getByText("Nothing waits for approval").waitFor({ timeout: WORKED_OUT_MS });
  await approver.page.getByText("All", { exact: true }).click();
  await approver.page.getByText("uncollectable").first().waitFor();
  expect(await found(approver.page)).toEqual([]);
  await shot(approver.page, "journey-write-off-approved");
  await expect.poll(owedBack, { timeout: WORKED_OUT_MS }).not.toBe(was);
  expect(finance.complaints.concat(approver.complaints, debtor.complaints)).toEqual([]);
  await done(approver);
  await done(debtor);
  await done(finance);
});

test.each(LOOKS)("the form for a write-off in $name", async (look) => {
  const opened = await signedOn("finance", look, inject("owing"));
  await goTo(opened.page, "/exceptions");
  await opened.page.getByText("A write-off", { exact: true }).click();
  await settled(opened.page);
  expect(await found(opened.page)).toEqual([]);
  expect(await isTooWide(opened.page)).toBe(false);
  await shot(opened.page, `${look.name}-write-off`);
  await done(opened);
});

test.each(LOOKS)("rows that are set aside in $name", async (look) => {
  const opened = await signedOn("finance", look, inject("owing"));
  await goTo(opened.page, "/feeds");
  await opened.page
    .getByRole("button", { name: /^Put right row/ })
    .first()
    .waitFor();
  expect(await found(opened.page)).toEqual([]);
  expect(await isTooWide(opened.page)).toBe(false);
  await shot(opened.page, `${look.name}-set-aside`);
  await done(opened);
});

test("finance puts a row right, with what is still wrong said at its cell, and rejects another", async () => {
  const opened = await signedOn("finance", DESKTOP, inject("owing"));
  const { page } = opened;
  await goTo(page, "/feeds");
  await page.getByRole("heading", { name: "3 rows are set aside" }).waitFor();
  const row = page.getByRole("row").filter({ hasText: "I-3002" });
  await row.getByRole("button", { name: /^Put right row/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("invoice_date").waitFor();
  expect(await dialog.getByLabel("invoice_date").inputValue()).toBe("2026-02-30");
  await dialog.getByLabel("net_amount").fill("12000.00");
  await dialog.getByLabel("Why").fill("as the invoice has it");
  await dialog.getByRole("button", { name: "Send it again" }).click();
  // Two cells were wrong when it came; one still is.
  await expect.poll(() => dialog.locator("[aria-invalid=true]").count(), { timeout: 60_000 }).toBe(1);
  await dialog.getByText("names a day that does not exist", { exact: false }).waitFor();
  expect(await found(page)).toEqual([]);
  await shot(page, "journey-mend-refused");
  await dialog.getByLabel("invoice_date").fill("2026-12-27");
  await dialog.getByRole("button", { name: "Send it again" }).click();
  await dialog.waitFor({ state: "detached", timeout: WORKED_OUT_MS });
  await page.getByText("1 row counts now.").waitFor({ timeout: WORKED_OUT_MS });
  await page.getByRole("heading", { name: "2 rows are set aside" }).waitFor({ timeout: WORKED_OUT_MS });
  const facts = await (await page.request.get("/v1/partners/P-200/facts?holds=I-3002")).json();
  expect(facts.count).toBe(1);

  // A row that was cut has no cells to put right.
  const cut = page.getByRole("row").filter({ hasText: "line 4" });
  expect(await cut.getByRole("button", { name: /^Put right row/ }).count()).toBe(0);
  await cut.getByRole("button", { name: /^Reject row/ }).click();
  await dialog.getByLabel("Why").fill("it was cut on the way");
  await dialog.getByRole("button", { name: "Reject it" }).click();
  await page.getByText("1 row is rejected.").waitFor({ timeout: WORKED_OUT_MS });
  await page
    .getByText(/^The latest/)
    .first()
    .click();
  await page.getByText("as the invoice has it", { exact: false }).first().waitFor();
  expect(await found(page)).toEqual([]);
  await shot(page, "journey-mended");
  expect(opened.complaints).toEqual([]);
  await done(opened);

  // Whoever sees no figures tries rows again, and sees no cells.
  const administrator = await signedOn("administrator", DESKTOP, inject("owing"));
  await goTo(administrator.page, "/feeds");
  expect(await administrator.page.getByRole("button", { name: /^Put right row/ }).count()).toBe(0);
  await administrator.page.getByRole("button", { name: "Try all again" }).click();
  await administrator.page.getByText("1 row is still wrong.").waitFor({ timeout: WORKED_OUT_MS });
  expect(administrator.complaints).toEqual([]);
  await done(administrator);
  const told = execFileSync(process.env.TRUEUP_BIN ?? "", ["verify", "--program", join(inject("folder"), "owing")], {
    encoding: "utf8",
  });
  expect(told).toContain("Nothing was changed");
});
