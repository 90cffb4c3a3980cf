// The journeys that the app is for, each as a person takes it.
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, inject, test } from "vitest";
import { DESKTOP, done, found, goTo, settled, shot, signedOn, strange, usesBrowser, WORKED_OUT_MS } from "./browser";
import { NEWCOMER, OBJECTOR, PARTNER, SIGNER } from "./setup";

usesBrowser();

/** What the API says at an address, to hold the page against. */
async function said<T>(page: Page, address: string): Promise<T> {
  const answer = await page.request.get(address);
  expect(answer.status(), address).toBe(200);
  return answer.json();
}

/** An amount as this browser's locale writes it. */
function written(amount: string): string {
  const places = amount.split(".")[1]?.length ?? 0;
  const format = new Intl.NumberFormat("en-GB", { minimumFractionDigits: Math.max(2, places) });
  return format.format(amount as unknown as number).replace("-", "−");
}

interface Line {
  id: string;
  is: string;
  component: string;
  posted: string | null;
  may_dispute: { is_allowed: boolean };
}

interface Statement {
  period: string;
  total: { amount: string };
  lines: Line[];
}

const PERIOD = "FY2013-Q4";
const STATEMENT = `/v1/partners/${PARTNER}/statements/${PERIOD}`;

test("a partner reads where its money stands, as the API has it", async () => {
  const opened = await signedOn("partner");
  const { page } = opened;
  await goTo(page, "/");
  const home = await said<{ money: Record<string, string>[] }>(page, `/v1/partners/${PARTNER}/home`);
  const standing = page.getByRole("region", { name: "Where your money stands" }).first();
  for (const part of ["earned", "paid", "ordered", "payable", "held", "open"]) {
    const amount = home.money[0]?.[part];
    expect(amount, part).toBeDefined();
    await standing
      .getByText(written(amount ?? ""))
      .first()
      .waitFor();
  }
  await page.getByRole("region", { name: "The way to the next tier" }).waitFor();
  await page.getByRole("region", { name: "How fresh the facts are" }).waitFor();
  expect(opened.complaints).toEqual([]);
  await done(opened);
});

test("a partner understands a line, from plain words to its rows and clause", async () => {
  const opened = await signedOn("partner");
  const { page } = opened;
  await goTo(page, `/partners/${PARTNER}/statements/${PERIOD}`);
  const statement = await said<Statement>(page, STATEMENT);
  await page.getByText(written(statement.total.amount)).first().waitFor();
  const line = statement.lines.find((one) => one.component === "volume_bonus");
  expect(line).toBeDefined();
  await page.getByRole("button", { name: line?.is ?? "" }).click();
  const drawer = page.getByRole("dialog");
  await drawer.getByRole("heading", { name: "In plain words" }).waitFor();
  const explained = await said<{ words: string[]; clause: { text: string } }>(
    page,
    `${STATEMENT}/lines/${encodeURIComponent(line?.id ?? "")}/explanation`,
  );
  await drawer
    .getByText(explained.words[0] ?? "")
    .first()
    .waitFor();
  expect(await drawer.locator("pre.clause").textContent()).toContain(explained.clause.text.trim().split("\n")[0]);
  await drawer.getByLabel("Show the rows that count").click({ force: true });
  await drawer.getByText("Open all").click();
  await drawer.locator(".node-row").first().waitFor();
  expect(await found(page)).toEqual([]);
  await shot(page, "journey-explained");
  // The address leads anybody who may see it to the same line.
  expect(page.url()).toContain("line=");
  await page.reload();
  await page.getByRole("dialog").getByRole("heading", { name: "In plain words" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(page.url()).not.toContain("line=");
  expect(opened.complaints).toEqual([]);
  await done(opened);
});

test("a statement is held against the one before, and the figures behind each difference are named", async () => {
  const opened = await signedOn("partner");
  const { page } = opened;
  await goTo(page, `/partners/${PARTNER}/statements/${PERIOD}`);
  await page.getByRole("button", { name: "Compare with the period before" }).click();
  await page.getByRole("heading", { name: /against/ }).waitFor();
  const compared = await said<{ difference: { amount: string } }>(page, `${STATEMENT}/compare`);
  await page.getByText(written(compared.difference.amount).replace("−", "")).first().waitFor();
  expect(page.url()).toContain("compare=true");
  expect(await found(page)).toEqual([]);
  await shot(page, "journey-compared");
  await done(opened);
});

test("lines are sorted by their heads, with the keyboard too", async () => {
  const opened = await signedOn("partner");
  const { page } = opened;
  await goTo(page, `/partners/${PARTNER}/statements/${PERIOD}`);
  const statement = await said<Statement>(page, STATEMENT);
  const head = page.getByRole("button", { name: "Posts now" });
  await head.focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await page
    .getByRole("columnheader", { name: /Posts now/ })
    .and(page.locator("[aria-sort=descending]"))
    .waitFor();
  const shown = await page.locator("tbody .cell-posted").allInnerTexts();
  const posted = statement.lines.map((line) => line.posted ?? "");
  const inOrder = posted.toSorted((a, b) => Number(b) - Number(a)).map(written);
  expect(shown.map((text) => text.trim())).toEqual(inOrder);
  await done(opened);
});

test("a partner disputes a line with the keyboard alone, finance answers, and the line says so", async () => {
  const opened = await strange();
  const { page } = opened;
  await page.goto("/sign-on");
  await page.getByRole("heading", { name: "Sign on" }).waitFor();
  await page.keyboard.type("objector");
  await page.keyboard.press("Tab");
  await page.keyboard.type(inject("password"));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await settled(page);
  await tabTo(page, "Open the statement");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /^Statement/ }).waitFor();
  await settled(page);

  await goTo(page, `/partners/${OBJECTOR}/statements/${PERIOD}`);
  const statement = await said<Statement>(page, `/v1/partners/${OBJECTOR}/statements/${PERIOD}`);
  const line = statement.lines.find((one) => one.may_dispute.is_allowed);
  expect(line, "a line that may be disputed").toBeDefined();
  await tabTo(page, line?.is ?? "");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByRole("heading", { name: "In plain words" }).waitFor();
  await tabTo(page, "Dispute this line");
  await page.keyboard.press("Enter");
  const why = "Order SO69471 of 29 October counts for the quarter and is not in the base.";
  await page.keyboard.type(why);
  await tabTo(page, "Open the dispute");
  await page.keyboard.press("Enter");
  await page.getByRole("status").filter({ hasText: "is open" }).waitFor();
  await shot(page, "journey-disputed");
  expect(await found(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await page.locator("table").getByText("Disputed").first().waitFor();

  const finance = await signedOn("finance");
  await goTo(finance.page, "/disputes");
  const thread = finance.page.getByRole("article").filter({ hasText: why });
  await thread.getByLabel("Outcome").first().click();
  await finance.page.getByRole("option", { name: "The line stands" }).click();
  await thread.getByRole("textbox", { name: "Why" }).fill("The order is in the base since 2 November; see its row.");
  await thread.getByRole("button", { name: "Send the answer" }).click();
  await thread.waitFor({ state: "detached" });
  await done(finance);

  // The partner's page says so without being loaded again.
  await page.locator("table").getByText("Dispute rejected").first().waitFor({ timeout: 30_000 });
  expect(opened.complaints).toEqual([]);
  await done(opened);
});

/** Presses Tab until what has the focus is called so. */
async function tabTo(page: Page, name: string) {
  const called = () =>
    page.evaluate(() => {
      const active = document.activeElement;
      const isDone = active?.matches("a, button, input, textarea, select");
      return active && isDone ? (active.getAttribute("aria-label") ?? active.textContent ?? "") : "";
    });
  for (let tries = 0; tries < 120; tries += 1) {
    if ((await called()).includes(name)) {
      return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`no Tab leads to ${name}`);
}

test("finance calculates a quarter, somebody else approves its totals, and it is closed", async () => {
  const starter = inject("starter");
  const newcomer = await signedOn("newcomer", DESKTOP, starter);
  await goTo(newcomer.page, `/partners/${NEWCOMER}/statements/2026-Q1`);
  // Before the first closing nothing is said of closing.
  await newcomer.page.getByText("As known now").waitFor();

  const finance = await signedOn("finance", DESKTOP, starter);
  const { page } = finance;
  await goTo(page, "/close");
  await page.getByText("Nothing is closed yet").first().waitFor();
  const approver = await signedOn("approver", DESKTOP, starter);
  await goTo(approver.page, "/close");
  await page.getByRole("button", { name: "Calculate 2026-Q1" }).click();
  await page.getByRole("region", { name: "The calculation" }).waitFor({ timeout: 110_000 });
  expect(await found(page)).toEqual([]);
  await shot(page, "journey-calculated");
  // Nobody approves what they calculated.
  expect(await page.getByLabel(/^Total in/).count()).toBe(0);

  // Whoever approves has the page open; it shows the calculation without being loaded again.
  await approver.page.getByRole("region", { name: "The calculation" }).waitFor({ timeout: 60_000 });
  const periods = await said<{ waiting: { totals: Record<string, string> } }>(approver.page, "/v1/periods");
  const [currency, total] = Object.entries(periods.waiting.totals)[0] ?? ["", ""];
  const field = approver.page.getByLabel(`Total in ${currency}`);
  await field.fill("1.00");
  await approver.page.getByRole("button", { name: "Approve these totals" }).click();
  await approver.page.getByRole("alert").waitFor();
  await shot(approver.page, "journey-refused");
  await field.fill(total);
  await approver.page.getByRole("button", { name: "Approve these totals" }).click();
  await approver.page.getByText("1 of 1 approval").waitFor();
  await done(approver);

  await page.getByRole("button", { name: /^Close until/ }).click();
  const question = page.getByRole("dialog");
  await question.getByText("Close for good?").waitFor();
  expect(await found(page)).toEqual([]);
  await question.getByRole("button", { name: /^Close until/ }).click();
  await question.waitFor({ state: "detached", timeout: 110_000 });
  await page.getByRole("region", { name: "The calculation" }).waitFor({ state: "detached" });
  await page.getByText("Everything until 31 Mar 2026 is closed").waitFor();
  await shot(page, "journey-closed");
  expect(finance.complaints).toEqual([]);
  await done(finance);

  // The partner has its statement open, and it says so by itself.
  await newcomer.page.getByText("Closed", { exact: true }).waitFor();
  await goTo(newcomer.page, `/partners/${NEWCOMER}/statements/2026-Q2`);
  await newcomer.page.getByText("Provisional").waitFor();
  expect(newcomer.complaints).toEqual([]);
  await done(newcomer);
}, 400_000);

test("the partner accepts what was closed, and is paid by two people; it sees each step", async () => {
  const starter = inject("starter");
  const newcomer = await signedOn("newcomer", DESKTOP, starter);
  const own = newcomer.page;
  await goTo(own, `/partners/${NEWCOMER}/payments`);
  await own.getByText("By bank transfer").waitFor();
  await own.getByText(/may be disputed until/).waitFor();
  expect(await own.locator("main").textContent()).not.toContain("0532");
  await shot(own, "journey-payments-wait");
  await goTo(own, `/partners/${NEWCOMER}/statements/2026-Q1`);
  await own.getByText("Not accepted yet").waitFor();
  await own.getByRole("button", { name: "Accept", exact: true }).click();
  const means = own.getByRole("dialog");
  await means.getByText(/with the key that this server keeps/).waitFor();
  expect(await found(own)).toEqual([]);
  await shot(own, "journey-accepting");
  await means.getByRole("button", { name: "Accept", exact: true }).click();
  await means.waitFor({ state: "detached", timeout: WORKED_OUT_MS });
  await own.getByText(/^By Test newcomer/).waitFor();
  await shot(own, "journey-accepted");

  const finance = await signedOn("finance", DESKTOP, starter);
  const { page } = finance;
  await goTo(page, "/payouts");
  await page.getByLabel("Day on which the bank is to pay").fill("2026-05-15");
  await page.getByRole("button", { name: "Look what would be in it" }).click();
  await page
    .getByRole("region", { name: "Held back, and why" })
    .getByText(/may be disputed/)
    .first()
    .waitFor();
  const preview = await said<{ totals: Record<string, string> }>(page, "/v1/payout-preview?on=2026-05-15");
  const [currency, total] = Object.entries(preview.totals)[0] ?? ["", ""];
  await page.getByText(written(total)).first().waitFor();
  await page.getByRole("button", { name: "Prepare this payout" }).click();
  await page.getByRole("region", { name: "Payout 1 waits" }).waitFor({ timeout: WORKED_OUT_MS });
  expect(await found(page)).toEqual([]);
  await shot(page, "journey-prepared");
  // Nobody approves what they prepared.
  expect(await page.getByLabel(/^Total in/).count()).toBe(0);

  const approver = await signedOn("approver", DESKTOP, starter);
  await goTo(approver.page, "/payouts");
  await approver.page.getByLabel(`Total in ${currency}`).fill(total);
  await approver.page.getByRole("button", { name: "Approve these totals" }).click();
  const approvals = await said<{ waiting: { approvals_needed: number } }>(approver.page, "/v1/payouts");
  await approver.page.getByText(`1 of ${approvals.waiting.approvals_needed} approval`).waitFor();
  expect(approver.complaints).toEqual([]);
  await done(approver);

  await page.getByRole("button", { name: "Order payout 1" }).click();
  const question = page.getByRole("dialog");
  await question.getByRole("button", { name: "Order payout 1" }).click();
  await question.waitFor({ state: "detached", timeout: WORKED_OUT_MS });
  await page.getByRole("link", { name: "Payout 1" }).click();
  await page.getByRole("heading", { name: "Payout 1" }).waitFor();
  await page.getByLabel("Who pays").fill("Alliance GmbH");
  await page.getByLabel("From the account (IBAN)").fill("DE75 5121 0800 1245 1261 99");
  const file = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download the file" }).click();
  expect((await file).suggestedFilename()).toBe("payout-1.xml");
  expect(readFileSync(await (await file).path(), "utf8")).toContain(total);
  await page.getByLabel("Known from").fill("the bank's statement of 15 May");
  await page.getByRole("button", { name: "Say so" }).click();
  await page.getByText("It is on the journal.").waitFor();
  await page.getByRole("table").getByText("Paid").waitFor();
  expect(await found(page)).toEqual([]);
  await shot(page, "journey-paid");
  expect(finance.complaints).toEqual([]);
  await done(finance);

  await goTo(own, `/partners/${NEWCOMER}/payments`);
  await own.getByRole("table").getByText("Paid").waitFor();
  await own.getByText(written(total)).first().waitFor();
  await shot(own, "journey-payments-paid");
  expect(newcomer.complaints).toEqual([]);
  await done(newcomer);
}, 400_000);

test("a statement is taken home, and an auditor checks its bundle and finds the act behind it", async () => {
  const opened = await signedOn("partner");
  const { page } = opened;
  await goTo(page, `/partners/${PARTNER}/statements/${PERIOD}`);
  const take = async (what: string, name: string) => {
    await page.getByRole("button", { name: "Download" }).click();
    const file = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: what }).click();
    expect((await file).suggestedFilename()).toBe(name);
    return (await file).path();
  };
  const kept = `statement-${PARTNER}-${PERIOD}`;
  const pdf = await take("Statement as PDF", `${kept}.pdf`);
  expect(readFileSync(pdf).subarray(0, 5).toString()).toBe("%PDF-");
  const xlsx = await take("Statement as a workbook", `${kept}.xlsx`);
  expect(readFileSync(xlsx).subarray(0, 2).toString()).toBe("PK");
  // What was downloaded is gone with the window that it was downloaded in.
  const text = readFileSync(await take("Signed bundle", `${kept}.bundle`), "utf8");
  await page.getByRole("button", { name: "Download" }).click();
  await page.getByRole("menuitem", { name: "How to verify it" }).click();
  await page.getByRole("dialog").getByText(`trueup verify ${kept}.bundle --key vendor.key`).waitFor();
  expect(await found(page)).toEqual([]);
  const key = page.waitForEvent("download");
  await page.getByRole("button", { name: "Vendor's public key" }).click();
  expect((await key).suggestedFilename()).toBe("vendor.key");
  expect(opened.complaints).toEqual([]);
  await done(opened);

  const auditor = await signedOn("auditor");
  const desk = auditor.page;
  await goTo(desk, "/journal");
  const choose = async (file: { name: string; text: string }) => {
    const chooser = desk.waitForEvent("filechooser");
    await desk.getByRole("button", { name: "Choose a bundle" }).click();
    await (await chooser).setFiles({ name: file.name, mimeType: "text/plain", buffer: Buffer.from(file.text) });
  };
  await choose({ name: "good.bundle", text });
  await desk.getByText("good.bundle holds").waitFor({ timeout: WORKED_OUT_MS });
  await desk.getByText("Everything holds").waitFor();
  await choose({ name: "changed.bundle", text: text.replace("volume_bonus", "volume_bonux") });
  await desk.getByText("changed.bundle does not hold").waitFor({ timeout: WORKED_OUT_MS });
  expect(await found(desk)).toEqual([]);
  await shot(desk, "journey-bundle");
  await desk.getByRole("button", { name: "Look through everything" }).click();
  await desk.getByText("Nothing was changed").waitFor({ timeout: WORKED_OUT_MS });
  const kind = desk.getByLabel("Kind", { exact: true }).first();
  await kind.click();
  await kind.fill("statement.issued");
  await desk.getByRole("option", { name: "statement.issued" }).click();
  await desk
    .getByRole("button", { name: /^Open act/ })
    .first()
    .click();
  await desk.getByRole("dialog").getByText("Signed by").waitFor();
  const proof = desk.waitForEvent("download");
  await desk.getByRole("button", { name: "Download the proof" }).click();
  expect((await proof).suggestedFilename()).toMatch(/^act-\d+\.tlog-proof$/);
  expect(await found(desk)).toEqual([]);
  await shot(desk, "journey-act");
  expect(auditor.complaints).toEqual([]);
  await done(auditor);
}, 400_000);

test("a designer changes a rate, sees the mistake on the way, what it means, and whom it touches", async () => {
  const opened = await signedOn("designer");
  const { page } = opened;
  await goTo(page, "/plans/value_added_reseller");
  await page.getByText("The plan can be used").waitFor();
  const editor = page.getByRole("textbox", { name: "Text of the plan" });
  const text = await said<{ text: string }>(page, "/v1/plans/value_added_reseller");
  const changed = text.text.replace("2.50", "7.50");
  expect(changed).not.toBe(text.text);
  await editor.click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(changed.replace("was +", "was + no_such_value +"));
  await page.getByText("The plan cannot be used").waitFor();
  await page
    .getByText(/no_such_value/)
    .last()
    .waitFor();
  await shot(page, "journey-mistake");
  expect(await found(page)).toEqual([]);
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(changed);
  await page.getByText("The plan can be used").waitFor();
  await page.getByRole("tab", { name: /Changes/ }).click();
  await page.getByText("may move money").first().waitFor();
  await page.getByRole("tab", { name: "Effect" }).click();
  await page.getByText("unchanged").waitFor({ timeout: 110_000 });
  await page.getByRole("heading", { name: "Who gains most" }).waitFor();
  await shot(page, "journey-effect");
  expect(await found(page)).toEqual([]);
  await page.getByRole("tab", { name: "In words" }).click();
  await page.getByText("How to read this").waitFor();
  expect(opened.complaints).toEqual([]);
  await done(opened);
}, 240_000);

test("a partner asks what a sale would pay, with the keyboard, and gets the engine's answer", async () => {
  const opened = await signedOn("partner");
  const { page } = opened;
  await goTo(page, `/partners/${PARTNER}/what-if`);
  await page.getByText("Nothing is asked yet").waitFor();
  const product = page.getByRole("combobox", { name: "Product key" });
  await product.focus();
  await page.keyboard.type("Touring Bikes");
  await page.getByRole("option", { name: "Touring Bikes · Bikes · T" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByLabel("Ordered on").fill("2013-11-15");
  await page.getByLabel("Amount").focus();
  // What is no amount is said where it was written.
  await page.keyboard.type("ninety");
  await page.keyboard.press("Tab");
  await page.keyboard.type("60");
  await page.keyboard.press("Enter");
  await page.locator("[aria-invalid=true]").first().waitFor();
  expect(await page.getByLabel("Amount").getAttribute("aria-invalid")).toBe("true");
  expect(await found(page)).toEqual([]);
  await page.getByLabel("Amount").fill("90000");
  await page.keyboard.press("Enter");
  const rows = [
    {
      kind: "sale",
      cells: {
        order: "new",
        partner: PARTNER,
        ordered_on: "2013-11-15",
        amount: "90000",
        quantity: "60",
        product_line: "T",
        category: "Bikes",
        product_group: "Touring Bikes",
      },
    },
  ];
  await page.getByText("More than without it").waitFor({ timeout: WORKED_OUT_MS });
  const answer = await page.request.post(`/v1/partners/${PARTNER}/whatif`, { data: { rows } });
  const told: { more: { amount: string }; before: { amount: string } } = await answer.json();
  await page.getByText(written(told.more.amount)).first().waitFor();
  // Without the rows it is what the statement says, and the statement still says it.
  const statement = await said<Statement>(page, STATEMENT);
  expect(told.before.amount).toBe(statement.total.amount);
  // The address holds the question: whoever may see it sees the same answer.
  await page.reload();
  await page.getByText(written(told.more.amount)).first().waitFor({ timeout: WORKED_OUT_MS });
  expect(await found(page)).toEqual([]);
  await shot(page, "journey-what-if");
  expect(opened.complaints).toEqual([]);
  await done(opened);
});

test("finance proposes an exception, may not approve it, and another person posts it", async () => {
  const finance = await signedOn("finance");
  await goTo(finance.page, "/exceptions");
  await finance.page.getByLabel("Partner's id").fill(OBJECTOR);
  await finance.page.getByLabel("Amount").fill("nothing");
  await finance.page.getByRole("combobox", { name: "Reason code" }).fill("Good Will");
  await finance.page.getByLabel("Why", { exact: true }).fill("The portal was down for a week\nand orders were lost");
  await finance.page.getByRole("button", { name: "Propose", exact: true }).click();
  await finance.page.locator("[aria-invalid=true]").first().waitFor();
  expect(await finance.page.locator("[aria-invalid=true]").count()).toBe(2);
  expect(await found(finance.page)).toEqual([]);
  await finance.page.getByLabel("Amount").fill("250.00");
  await finance.page.getByRole("combobox", { name: "Reason code" }).fill("goodwill");
  await finance.page.keyboard.press("Escape");
  await finance.page.getByRole("button", { name: "Propose", exact: true }).click();
  await finance.page.getByText(/Exception \d+ waits for another person\./).waitFor();
  await finance.page.getByText("none of your roles may do this", { exact: false }).first().waitFor();
  expect(await finance.page.getByRole("button", { name: "Approve", exact: true }).isDisabled()).toBe(true);
  await shot(finance.page, "journey-exception-proposed");
  expect(finance.complaints).toEqual([]);
  await done(finance);

  const before = await signedOn("objector");
  const payable = async (page: Page) => {
    const home = await said<{ money: { payable: string }[] }>(page, `/v1/partners/${OBJECTOR}/home`);
    return home.money[0]?.payable ?? "";
  };
  const was = await payable(before.page);
  const approver = await signedOn("approver");
  await goTo(approver.page, "/exceptions");
  await approver.page.getByRole("button", { name: "Approve", exact: true }).click();
  await approver.page.getByRole("button", { name: "Approve and post it" }).click();
  await approver.page.getByText("Nothing waits for approval").waitFor();
  expect(await found(approver.page)).toEqual([]);
  await approver.page.getByText("All", { exact: true }).click();
  await approver.page.getByText("goodwill").first().waitFor();
  await shot(approver.page, "journey-exception-approved");
  await done(approver);
  await expect.poll(() => payable(before.page), { timeout: WORKED_OUT_MS }).not.toBe(was);
  await done(before);
});

test("a partner reads what is proposed to it, what it would change, and accepts it", async () => {
  const opened = await signedOn("signer");
  const { page } = opened;
  await goTo(page, `/partners/${SIGNER}/agreement`);
  const proposal = page.locator(".proposal");
  await proposal.getByText("more planning together").waitFor();
  // Another retainer is a term of the agreement and changes no word of the plan.
  await proposal.getByText(/^term\.retainer is agreed as 275\.00 USD instead of [\d.]+ USD/).waitFor();
  await proposal.locator("summary").click();
  expect(await found(page)).toEqual([]);
  await shot(page, "journey-agreement-proposed");
  await proposal.getByRole("button", { name: "Accept" }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Accept/ })
    .click();
  await proposal.waitFor({ state: "detached", timeout: WORKED_OUT_MS });
  const told = await said<{ agreements: { state: string; proposal: unknown; signed: unknown[] }[] }>(
    page,
    `/v1/partners/${SIGNER}/agreements`,
  );
  expect(told.agreements[0]?.state).toBe("signed");
  expect(told.agreements[0]?.proposal ?? null).toBeNull();
  expect(told.agreements[0]?.signed.length).toBe(2);
  await shot(page, "journey-agreement-accepted");
  expect(opened.complaints).toEqual([]);
  await done(opened);
});

test("both sides see the same joint board, and it prints on one sheet", async () => {
  const partner = await signedOn("partner");
  await goTo(partner.page, `/partners/${PARTNER}`);
  await partner.page.getByRole("link", { name: "Joint board" }).click();
  await partner.page.getByRole("heading", { name: /^Joint board/ }).waitFor();
  await settled(partner.page);
  const account = await signedOn("account");
  await goTo(account.page, `/partners/${PARTNER}/board`);
  const figures = (page: Page) => page.locator(".board").textContent();
  expect(await figures(partner.page)).toBe(await figures(account.page));
  const board = await said<{ targets: { reached: { exact: string } }[]; money: { earned: string }[] }>(
    account.page,
    `/v1/partners/${PARTNER}/board`,
  );
  expect(board.targets.length).toBeGreaterThan(0);
  await account.page
    .getByText(written(board.money[0]?.earned ?? ""))
    .first()
    .waitFor();
  expect(await found(account.page)).toEqual([]);
  const printed = await account.page.pdf({ preferCSSPageSize: true, printBackground: true });
  const pages = printed.toString("latin1").match(/\/Type\s*\/Page\b/g) ?? [];
  expect(pages.length).toBe(1);
  await account.page.emulateMedia({ media: "print" });
  await shot(account.page, "journey-board-printed");
  expect(account.complaints).toEqual([]);
  await done(account);
  await done(partner);
});

test("a partner finds a row of its own and flags it, and finance sees how its feed stands", async () => {
  const opened = await signedOn("objector");
  const { page } = opened;
  await goTo(page, `/partners/${OBJECTOR}/facts`);
  const all = await said<{ count: number; facts: { id: string }[] }>(page, `/v1/partners/${OBJECTOR}/facts`);
  const [row] = all.facts;
  expect(row).toBeDefined();
  const number = row?.id.split("/")[1] ?? "";
  await page.getByLabel("Holds").fill(number);
  await page.keyboard.press("Enter");
  await expect.poll(() => page.url()).toContain("holds=");
  await page.getByRole("button", { name: `Flag ${row?.id}`, exact: true }).click();
  await page.getByLabel("What is wrong with it").fill("It was returned in the same week");
  await page.getByRole("button", { name: "Put it on record" }).click();
  await page.getByText("In doubt").first().waitFor({ timeout: WORKED_OUT_MS });
  expect(await found(page)).toEqual([]);
  await shot(page, "journey-facts-flagged");
  // Another partner's row is none that it may flag, and is told like one that there is not.
  const refused = await page.request.post(`/v1/partners/${OBJECTOR}/facts/doubt`, {
    data: { fact: "orders/none", because: "mine" },
  });
  expect(refused.status()).toBe(409);
  expect(opened.complaints).toEqual([]);
  await done(opened);

  const finance = await signedOn("finance");
  await goTo(finance.page, "/feeds");
  await finance.page.getByText("No row is set aside", { exact: false }).waitFor();
  await finance.page
    .getByText(/^The latest/)
    .first()
    .click();
  await finance.page.getByText("sales.csv").first().waitFor();
  await finance.page.getByText("How good its facts are").first().click();
  await finance.page.getByText("Rows that count").waitFor({ timeout: WORKED_OUT_MS });
  expect(await found(finance.page)).toEqual([]);
  await shot(finance.page, "journey-feeds");
  expect(finance.complaints).toEqual([]);
  await done(finance);
});

test("an administrator adds somebody who can then sign on", async () => {
  const opened = await signedOn("administrator");
  const { page } = opened;
  await goTo(page, "/people");
  await page.getByLabel("Name to sign on with").fill("newcomer@example.com");
  await page.getByLabel("Name on pages").fill('New <img src=x onerror="alert(1)">');
  await page.getByLabel("First password").fill(inject("password"));
  await page.getByLabel("Role", { exact: true }).first().click();
  await page.getByRole("option", { name: "Auditor" }).click();
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText("The person can sign on.").waitFor();
  expect(await page.locator("img").count()).toBe(0);
  await done(opened);
  const newcomer = await signedOn("newcomer@example.com");
  await goTo(newcomer.page, "/");
  await newcomer.page.getByRole("heading", { level: 1 }).waitFor();
  expect(newcomer.complaints).toEqual([]);
  await done(newcomer);
});

test("signing off ends the session, and going back shows nothing", async () => {
  const opened = await signedOn("partner");
  const { page } = opened;
  await goTo(page, "/");
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("menuitem", { name: "Sign off" }).click();
  await page.getByRole("heading", { name: "Sign on" }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "Sign on" }).waitFor();
  expect(await page.getByText("Earned to date").count()).toBe(0);
  await done(opened);
});

test("colours are chosen and kept", async () => {
  const opened = await signedOn("partner");
  const { page } = opened;
  await goTo(page, "/");
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("menuitem", { name: "Dark" }).click();
  await page.reload();
  await settled(page);
  expect(await page.locator("html").getAttribute("data-mantine-color-scheme")).toBe("dark");
  await done(opened);
});

test("a server that cannot be reached is said, and what was there comes back", async () => {
  const opened = await signedOn("partner");
  const { page } = opened;
  await goTo(page, "/account");
  await page.context().setOffline(true);
  await page.getByRole("link", { name: "Disputes" }).first().click();
  await page.getByText("The server cannot be reached.", { exact: false }).waitFor({ timeout: 30_000 });
  await shot(page, "journey-offline");
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { name: "Disputes" }).waitFor();
  await done(opened);
});

test("finance announces something, a partner says that it has read it, and finance sees who", async () => {
  const opened = await signedOn("finance");
  const { page } = opened;
  await goTo(page, "/announcements");
  const title = "Targets of the coming year";
  await page.getByLabel("What it is about").fill(title);
  await page.getByLabel("What it says").fill("They are in your agreements.\n\n<b>Please</b> look at them by June.");
  await page.getByRole("combobox", { name: "To" }).click();
  await page.getByRole("option", { name: "Chosen partners" }).click();
  await page.getByLabel("Partners", { exact: true }).fill(PARTNER);
  await page.getByRole("button", { name: "Announce" }).click();
  const made = page.getByRole("article", { name: title });
  await made.getByText("0 of 1 have read it").waitFor();
  expect(await found(page)).toEqual([]);
  await shot(page, "journey-announced");

  const other = await signedOn("objector");
  await goTo(other.page, "/");
  await other.page.getByRole("region", { name: "Where your money stands" }).first().waitFor();
  expect(await other.page.getByText(title).count(), "it is to another partner").toBe(0);
  await done(other);

  const reader = await signedOn("partner");
  await goTo(reader.page, "/");
  const shown = reader.page.getByRole("article", { name: title });
  // What somebody typed is text, whatever it looks like.
  await shown.getByText("<b>Please</b> look at them by June.").waitFor();
  expect(await found(reader.page)).toEqual([]);
  await shot(reader.page, "journey-announcement-on-home");
  await shown.getByRole("button", { name: "I have read this" }).focus();
  await reader.page.keyboard.press("Enter");
  await shown.waitFor({ state: "detached" });
  await goTo(reader.page, `/partners/${PARTNER}/announcements`);
  await reader.page.getByText(/You read it/).waitFor();
  expect(await found(reader.page)).toEqual([]);
  expect(reader.complaints).toEqual([]);
  await done(reader);

  await goTo(page, "/announcements");
  await made.getByText("1 of 1 have read it").waitFor();
  await made.getByText("Who has read it").click();
  await made.getByText(/Test partner, /).waitFor();
  await made.getByRole("button", { name: "Take back" }).click();
  await page.getByRole("dialog").getByLabel("Why").fill("the day was wrong");
  expect(await found(page)).toEqual([]);
  await page.getByRole("dialog").getByRole("button", { name: "Take back" }).click();
  await made.getByText("Taken back").waitFor();
  await shot(page, "journey-announcement-taken-back");
  expect(opened.complaints).toEqual([]);
  await done(opened);
});

test("an administrator adds a receiver, sees its secret once, and removes it", async () => {
  const opened = await signedOn("administrator");
  const { page } = opened;
  await goTo(page, "/webhooks");
  await page.getByLabel("Address").fill("https://127.0.0.1/hook");
  await page.getByRole("checkbox", { name: "A feed is late" }).check();
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("alert").getByText("no public address").waitFor();
  await page.getByLabel("Address").fill("https://receiver.example/hook");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText(/^whsec_/).waitFor();
  const receiver = page.getByRole("article", { name: "https://receiver.example/hook" });
  await receiver.getByText("Nothing waits").waitFor();
  await receiver.getByRole("button", { name: "Messages" }).click();
  await receiver.getByText("Nothing has happened that it is told of").waitFor();
  expect(await found(page)).toEqual([]);
  await shot(page, "journey-webhook-added");
  await page.reload();
  await receiver.waitFor();
  expect(await page.getByText(/^whsec_/).count()).toBe(0);
  await receiver.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await receiver.waitFor({ state: "detached" });
  expect(opened.complaints.filter((one) => !one.includes("422"))).toEqual([]);
  await done(opened);
});

test("somebody chooses what to be told by e-mail", async () => {
  const opened = await signedOn("approver");
  const { page } = opened;
  await goTo(page, "/account");
  const panel = page.getByRole("region", { name: "What you are told by e-mail" });
  await panel.getByRole("checkbox", { name: "A payout was ordered" }).uncheck();
  await panel.getByRole("button", { name: "Save" }).click();
  await panel.getByText("Your choice is kept.").waitFor();
  expect(await found(page)).toEqual([]);
  await page.reload();
  expect(await panel.getByRole("checkbox", { name: "A payout was ordered" }).isChecked()).toBe(false);
  expect(await panel.getByRole("checkbox", { name: "A dispute was opened" }).isChecked()).toBe(true);
  expect(opened.complaints).toEqual([]);
  await done(opened);
});
