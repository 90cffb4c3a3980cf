// Signing on by a provider of identities, as people do it: there and back, to the page that one wanted.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DESKTOP, done, found, goTo, shot, strange, usesBrowser, WORKED_OUT_MS } from "./browser";

usesBrowser();

const command = process.env.TRUEUP_BIN ?? "";
const folder = mkdtempSync(join(tmpdir(), "trueup-provider-"));
const started: ChildProcess[] = [];
let base = "";
let issuer = "";

/** A port that is free: whoever comes back from the provider has to find the server where it said it would be. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Starts something and waits for the first line that it says and that is like that. */
function told(child: ChildProcess, like: RegExp): Promise<string> {
  started.push(child);
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout?.on("data", (part: Buffer) => {
      said += part.toString();
      const line = like.exec(said);
      if (line) {
        resolve(line[0]);
      }
    });
    child.on("exit", (code) => reject(new Error(`ended with ${code} and said: ${said}`)));
  });
}

beforeAll(async () => {
  const program = join(folder, "program");
  const env = { ...process.env, TRUEUP_PASSWORD: "four words are good", TRUEUP_PASSWORD_COST: "8192:1" };
  const run = (...args: string[]) => execFileSync(command, args, { env, stdio: ["ignore", "ignore", "inherit"] });
  run("--quiet", "init", program);
  run("--quiet", "ingest", "--program", program);
  const finance = ["--called", "Ada", "--role", "finance", "--program", program];
  run("people", "add", "ada@example.org", ...finance);
  base = `http://127.0.0.1:${await freePort()}`;
  const script = new URL("../provider.mjs", import.meta.url).pathname;
  const provider = spawn("node", [script, `${base}/v1/sign-on/provider/return`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  issuer = await told(provider, /http:\/\/127\.0\.0\.1:\d+/);
  const web = new URL("../../dist", import.meta.url).pathname;
  const where = ["--listen", base.replace("http://", ""), "--address", base, "--web", web];
  const server = spawn(command, ["serve", "--program", program, ...where], {
    env: {
      ...env,
      TRUEUP_OIDC_ISSUER: issuer,
      TRUEUP_OIDC_CLIENT: "trueup",
      TRUEUP_OIDC_SECRET: "the client's own secret",
      TRUEUP_OIDC_CALLED: "Example",
    },
    stdio: ["ignore", "pipe", "ignore"],
  });
  await told(server, /http:\/\/127\.0\.0\.1:\d+/);
});

afterAll(() => {
  for (const child of started) {
    child.removeAllListeners("exit");
    child.kill("SIGINT");
  }
  rmSync(folder, { recursive: true, force: true });
});

test("somebody whom an administrator added signs on there, and comes back to the page that was wanted", async () => {
  const opened = await strange(DESKTOP, base);
  const { page } = opened;
  await page.goto("/feeds");
  const way = page.getByRole("link", { name: "Sign on with Example" });
  await way.waitFor();
  expect(await found(page)).toEqual([]);
  await shot(page, "journey-provider-door");
  await way.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Feeds and facts" }).waitFor({ timeout: WORKED_OUT_MS });
  expect(new URL(page.url()).pathname).toBe("/feeds");
  const session = await (await page.request.get("/v1/session")).json();
  expect(session.name).toBe("ada@example.org");
  await goTo(page, "/account");
  await shot(page, "journey-provider-account");
  await page.getByText("ada@example.org").first().waitFor({ timeout: 5_000 });
  expect(opened.complaints).toEqual([]);
  await done(opened);
});

test.each([
  ["stranger", "Nobody here has that account.", "somebody whom nobody added"],
  ["mallory", "Your account there has no confirmed e-mail address.", "an address that nobody vouches for"],
  ["usurper", "Nobody here has that account.", "another account under an address that is bound already"],
])("%s is sent back with the reason", async (whom, says) => {
  const opened = await strange(DESKTOP, base);
  const { page } = opened;
  // Whom the provider knows the browser as: another account than Ada's.
  await page.route("**/v1/sign-on/provider", async (route) => {
    const response = await route.fetch({ maxRedirects: 0 });
    const address = new URL(response.headers().location ?? "");
    expect(address.origin).toBe(issuer);
    address.searchParams.set("login_hint", whom);
    await route.fulfill({ response, headers: { ...response.headers(), location: address.href } });
  });
  await page.goto("/sign-on");
  await page.getByRole("link", { name: "Sign on with Example" }).click();
  await page.getByText(says, { exact: false }).waitFor();
  expect(await found(page)).toEqual([]);
  await shot(page, `journey-provider-${whom}`);
  expect((await page.request.get("/v1/session")).status()).toBe(401);
  await done(opened);
});
