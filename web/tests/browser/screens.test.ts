// Every screen that each kind of user may open: it shows something, complains of nothing, and axe finds nothing.
import { describe, expect, inject, test } from "vitest";
import { done, found, goTo, isTooWide, LOOKS, settled, shot, signedOn, strange, usesBrowser } from "./browser";
import { OTHER, PARTNER, PEOPLE } from "./setup";

usesBrowser();

interface Screen {
  name: string;
  at: string;
}

/** The pages below a partner's home, and those of the program, by the screen that the API opens. */
const PAGES: Record<string, Screen[]> = {
  overview: [{ name: "overview", at: "/overview" }],
  partners: [
    { name: "partners", at: "/partners" },
    { name: "partner", at: `/partners/${PARTNER}` },
    { name: "partner-statement", at: `/partners/${PARTNER}/statements` },
    { name: "partner-payments", at: `/partners/${PARTNER}/payments` },
    { name: "partner-board", at: `/partners/${PARTNER}/board` },
    { name: "partner-agreement", at: `/partners/${PARTNER}/agreement` },
  ],
  plan_editor: [
    { name: "plans", at: "/plans" },
    { name: "plan", at: "/plans/value_added_reseller" },
  ],
  close: [{ name: "close", at: "/close" }],
  payouts: [
    { name: "payouts", at: "/payouts" },
    { name: "payout", at: "/payouts/1" },
  ],
  journal: [
    { name: "journal", at: "/journal" },
    { name: "act", at: "/journal?act=1" },
  ],
  disputes: [{ name: "disputes", at: "/disputes?show=all" }],
  feeds: [{ name: "feeds", at: "/feeds" }],
  facts: [{ name: "facts", at: `/partners/${PARTNER}/facts` }],
  exceptions: [{ name: "exceptions", at: "/exceptions?show=all" }],
  what_if: [
    { name: "what-if", at: `/partners/${PARTNER}/what-if` },
    {
      name: "what-if-answer",
      at: `/partners/${PARTNER}/what-if?rows=${encodeURIComponent(
        JSON.stringify([
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
        ]),
      )}`,
    },
  ],
  announcements: [{ name: "announcements", at: "/announcements" }],
  people: [{ name: "people", at: "/people" }],
  webhooks: [{ name: "webhooks", at: "/webhooks" }],
};

interface Session {
  partner: string | null;
  screens: { screen: string; is_allowed: boolean }[];
}

function screensOf(session: Session): Screen[] {
  const own = session.partner
    ? [
        { name: "home", at: `/partners/${session.partner}` },
        { name: "statement", at: `/partners/${session.partner}/statements` },
        { name: "payments", at: `/partners/${session.partner}/payments` },
        { name: "agreement", at: `/partners/${session.partner}/agreement` },
        { name: "own-key", at: `/partners/${session.partner}/key` },
        { name: "board", at: `/partners/${session.partner}/board` },
        { name: "own-facts", at: `/partners/${session.partner}/facts` },
        { name: "own-what-if", at: `/partners/${session.partner}/what-if` },
        { name: "announced", at: `/partners/${session.partner}/announcements` },
      ]
    : [];
  const others = session.screens
    .filter((one) => one.is_allowed && !(session.partner && ["partners", "what_if", "facts"].includes(one.screen)))
    .flatMap((one) => PAGES[one.screen] ?? []);
  return [...own, ...others, { name: "account", at: "/account" }];
}

describe.each(LOOKS)("in $name", (look) => {
  test("the doors are open to anybody", async () => {
    const opened = await strange(look);
    for (const [name, at] of [
      ["sign-on", "/sign-on"],
      ["first", "/first-administrator"],
    ] as const) {
      await goTo(opened.page, at);
      await shot(opened.page, `${look.name}-${name}`);
      expect(await found(opened.page), name).toEqual([]);
      expect(await isTooWide(opened.page), name).toBe(false);
    }
    expect(opened.complaints).toEqual([]);
    await done(opened);
  });

  test.each(PEOPLE)("$name sees every screen that is theirs", async ({ name }) => {
    const opened = await signedOn(name, look);
    const { page, complaints } = opened;
    const session: Session = await (await page.request.get("/v1/session")).json();
    for (const screen of screensOf(session)) {
      await goTo(page, screen.at);
      await page.locator("h1").first().waitFor();
      await shot(page, `${look.name}-${name}-${screen.name}`);
      expect(await page.locator(".state-grave").count(), `${name} at ${screen.at}`).toBe(0);
      expect(await found(page), `${name} at ${screen.at}`).toEqual([]);
      expect(await isTooWide(page), `${name} at ${screen.at} is wider than the window`).toBe(false);
    }
    expect(complaints).toEqual([]);
    await done(opened);
  });
});

test.each(PEOPLE)("$name is told so where a screen is not theirs", async ({ name }) => {
  const opened = await signedOn(name);
  const { page } = opened;
  const session: Session = await (await page.request.get("/v1/session")).json();
  const closed = session.screens.filter((one) => !one.is_allowed).flatMap((one) => PAGES[one.screen] ?? []);
  for (const screen of closed) {
    if (session.partner && screen.at.startsWith(`/partners/${session.partner}`)) {
      continue;
    }
    await goTo(page, screen.at);
    await expect.poll(() => page.locator(".state").count(), { message: `${name} at ${screen.at}` }).toBeGreaterThan(0);
    expect(await found(page), `${name} at ${screen.at}`).toEqual([]);
  }
  await done(opened);
});

test("a partner sees nothing of another, and is not told that it exists", async () => {
  const opened = await signedOn("partner");
  const { page } = opened;
  for (const partner of [OTHER, "nobody-at-all"]) {
    await goTo(page, `/partners/${partner}`);
    await page.getByText("Nothing is here").waitFor();
  }
  const texts = await page.locator("main").textContent();
  expect(texts).not.toContain("Retail");
  await done(opened);
});

test("whoever has not signed on is led to the door and back again", async () => {
  const opened = await strange();
  const { page } = opened;
  await page.goto(`/partners/${PARTNER}/statements/FY2013-Q4?compare=true`);
  await page.getByRole("heading", { name: "Sign on" }).waitFor();
  await page.getByLabel("Name or e-mail address").fill("partner");
  await page.getByLabel("Password", { exact: true }).fill("not the password");
  await page.getByRole("button", { name: "Sign on" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Password", { exact: true }).fill(inject("password"));
  await page.getByRole("button", { name: "Sign on" }).click();
  await page.getByRole("heading", { name: "Statement FY2013-Q4" }).waitFor();
  await settled(page);
  expect(page.url()).toContain("compare=true");
  await done(opened);
});
