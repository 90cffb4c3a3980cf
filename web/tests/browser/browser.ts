// What every browser test uses: one Chromium, a page for somebody, and the checks that hold on every screen.
import { mkdirSync } from "node:fs";
import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject } from "vitest";

const SHOTS = new URL("./shots/", import.meta.url).pathname;

export interface Look {
  name: string;
  width: number;
  height: number;
  colours: "light" | "dark";
}

export const LOOKS: readonly Look[] = [
  { name: "light", width: 1366, height: 900, colours: "light" },
  { name: "dark", width: 1366, height: 900, colours: "dark" },
  { name: "phone", width: 390, height: 844, colours: "light" },
];

/** How long everything may take to be worked out anew after something changed, in a build that is not optimised. */
export const WORKED_OUT_MS = 150_000;

export const DESKTOP: Look = { name: "light", width: 1366, height: 900, colours: "light" };

let browser: Browser;
const contexts: BrowserContext[] = [];

export function usesBrowser() {
  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
  });
}

export interface Opened {
  page: Page;
  /** What the browser complained of: errors of scripts, refused styles, answers that failed. */
  complaints: string[];
}

/** A page that nobody has signed on for. */
export async function strange(look: Look = DESKTOP, base = inject("base")): Promise<Opened> {
  const context = await browser.newContext({
    baseURL: base,
    viewport: { width: look.width, height: look.height },
    colorScheme: look.colours,
    locale: "en-GB",
    reducedMotion: "reduce",
  });
  contexts.push(context);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (said) => {
    // The browser says each refusal of the API once more; those are looked at on the page.
    if (said.type() === "error" && !said.text().startsWith("Failed to load resource")) {
      complaints.push(said.text());
    }
  });
  page.on("response", (response) => {
    if (response.status() >= 500) {
      complaints.push(`${response.status()} ${response.url()}`);
    }
  });
  return { page, complaints };
}

/** A page of somebody who has signed on. */
export async function signedOn(name: string, look: Look = DESKTOP, base = inject("base")): Promise<Opened> {
  const opened = await strange(look, base);
  const answer = await opened.page.request.post("/v1/session", { data: { name, password: inject("password") } });
  expect(answer.status(), `${name} signs on`).toBe(200);
  return opened;
}

export async function done(opened: Opened) {
  await opened.page.context().close();
}

/** Goes to an address and waits until what loads is there. */
export async function goTo(page: Page, address: string) {
  await page.goto(address);
  await settled(page);
}

export async function settled(page: Page) {
  await page.locator("h1, .state").first().waitFor({ timeout: WORKED_OUT_MS });
  await expect.poll(() => page.locator(".state-loading").count(), { timeout: WORKED_OUT_MS }).toBe(0);
}

export async function shot(page: Page, name: string) {
  // What lies over a page is as high as the window.
  const isOver = (await page.getByRole("dialog").count()) > 0;
  await page.screenshot({ path: `${SHOTS}${name}.png`, fullPage: !isOver });
}

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe finds against a page: nothing, or the rules broken and where. */
export async function found(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async (rules) => {
    const engine = (window as unknown as { axe: typeof axe }).axe;
    const result = await engine.run(document, { runOnly: { type: "tag", values: rules } });
    return result.violations.map(
      (one) =>
        `${one.id}: ${one.nodes
          .map((node) => `${node.target.join(" ")} ${node.failureSummary}`)
          .slice(0, 3)
          .join(" | ")}`,
    );
  }, RULES);
}

/** Whether a page is wider than its window. */
export async function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
}
