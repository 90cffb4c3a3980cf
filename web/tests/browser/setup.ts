// The example program, people of every role, and the server that serves them, for as long as the tests run.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

export interface Someone {
  name: string;
  roles: readonly string[];
  partner?: string;
}

/** The large reseller that the demo shows, and another that must never be seen by it. */
export const PARTNER = "697";
export const OTHER = "118";

export const PEOPLE: readonly Someone[] = [
  { name: "partner", roles: ["partner-manager"], partner: PARTNER },
  { name: "reader", roles: ["partner-viewer"], partner: OTHER },
  { name: "account", roles: ["account-manager"] },
  { name: "designer", roles: ["program-designer"] },
  { name: "finance", roles: ["finance"] },
  { name: "approver", roles: ["approver"] },
  { name: "auditor", roles: ["auditor"] },
  { name: "executive", roles: ["executive"] },
  { name: "administrator", roles: ["administrator"] },
];

declare module "vitest" {
  interface ProvidedContext {
    base: string;
    password: string;
  }
}

const started: { server?: ChildProcess; folder?: string } = {};

export async function setup(project: TestProject) {
  const command = process.env.TRUEUP_BIN;
  if (!command) {
    throw new Error("TRUEUP_BIN is not set: it names the trueup binary whose server is tested");
  }
  const password = randomBytes(18).toString("base64url");
  const folder = mkdtempSync(join(tmpdir(), "trueup-browser-"));
  started.folder = folder;
  const program = join(folder, "program");
  // Hashing a password is dear on purpose; here it is done many times a minute.
  const env = { ...process.env, TRUEUP_PASSWORD: password, TRUEUP_PASSWORD_COST: "8192:1" };
  const run = (...args: string[]) => execFileSync(command, args, { env, stdio: ["ignore", "ignore", "inherit"] });
  run("--quiet", "demo", "--once", "--out", program);
  for (const one of PEOPLE) {
    const roles = one.roles.flatMap((role) => ["--role", role]);
    const partner = one.partner ? ["--partner", one.partner] : [];
    run("people", "add", one.name, "--called", `Test ${one.name}`, ...roles, ...partner, "--program", program);
  }
  const web = new URL("../../dist", import.meta.url).pathname;
  const server = spawn(command, ["serve", "--program", program, "--listen", "127.0.0.1:0", "--web", web], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.server = server;
  project.provide("base", await addressOf(server));
  project.provide("password", password);
}

function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    server.stdout?.on("data", (part: Buffer) => {
      said += part.toString();
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said);
      if (found) {
        resolve(found[0]);
      }
    });
    server.on("exit", (code) => reject(new Error(`the server ended with ${code} and said: ${said}`)));
  });
}

export function teardown() {
  started.server?.kill("SIGINT");
  if (started.folder) {
    rmSync(started.folder, { recursive: true, force: true });
  }
}
