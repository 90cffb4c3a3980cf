// The example program, people of every role, and the server that serves them, for as long as the tests run.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

/** A partner that has not accepted what was closed, as the one of the demo has, and may dispute it. */
export const OBJECTOR = "170";

export const PEOPLE: readonly Someone[] = [
  { name: "partner", roles: ["partner-manager"], partner: PARTNER },
  { name: "objector", roles: ["partner-manager"], partner: OBJECTOR },
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
    starter: string;
    starterFolder: string;
    owing: string;
    folder: string;
    password: string;
  }
}

/** Of the starter program, whose quarters are open. */
export const NEWCOMER = "P-100";

/** Another of it, which makes a key of its own. */
export const KEYHOLDER = "P-200";

/** A partner of the demo to which another retainer is proposed. */
export const SIGNER = "546";

const SIGNERS: readonly Someone[] = [{ name: "signer", roles: ["partner-manager"], partner: SIGNER }];

/** Of a third program, in which a partner owes something and rows are set aside. */
const OWING: readonly Someone[] = [
  { name: "finance", roles: ["finance"] },
  { name: "approver", roles: ["approver"] },
  { name: "administrator", roles: ["administrator"] },
  { name: "debtor", roles: ["partner-manager"], partner: "P-300" },
];

const STARTERS: readonly Someone[] = [
  { name: "newcomer", roles: ["partner-manager"], partner: NEWCOMER },
  { name: "keyholder", roles: ["partner-manager"], partner: KEYHOLDER },
  { name: "finance", roles: ["finance"] },
  { name: "approver", roles: ["approver"] },
];

const started: { servers: ChildProcess[]; folder?: string } = { servers: [] };

export async function setup(project: TestProject) {
  const command = process.env.TRUEUP_BIN;
  if (!command) {
    throw new Error("TRUEUP_BIN is not set: it names the trueup binary whose server is tested");
  }
  const password = randomBytes(18).toString("base64url");
  const folder = mkdtempSync(join(tmpdir(), "trueup-browser-"));
  started.folder = folder;
  // Hashing a password is dear on purpose; here it is done many times a minute.
  const env = { ...process.env, TRUEUP_PASSWORD: password, TRUEUP_PASSWORD_COST: "8192:1" };
  const run = (...args: string[]) => execFileSync(command, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const serve = async (program: string, people: readonly Someone[]) => {
    for (const one of people) {
      const roles = one.roles.flatMap((role) => ["--role", role]);
      const partner = one.partner ? ["--partner", one.partner] : [];
      run("people", "add", one.name, "--called", `Test ${one.name}`, ...roles, ...partner, "--program", program);
    }
    const web = new URL("../../dist", import.meta.url).pathname;
    const server = spawn(command, ["serve", "--program", program, "--listen", "127.0.0.1:0", "--web", web], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    started.servers.push(server);
    const base = await addressOf(server);
    await isWarm(base, password, people);
    return base;
  };

  const demo = join(folder, "demo");
  // A demo that was run before may be named, so that it need not be run again; it is copied and stays as it is.
  const before = process.env.TRUEUP_DEMO;
  if (before) {
    cpSync(before, demo, { recursive: true });
  } else {
    run("--quiet", "demo", "--once", "--out", demo);
  }

  // The demo's quarters are all closed; those of the starter program are signed and open.
  const agreement = join(demo, "agreements/field_trip_store.yaml");
  writeFileSync(agreement, readFileSync(agreement, "utf8").replace(/term\.retainer: \S+/, "term.retainer: 275"));
  run(
    "agreement",
    "propose",
    "field-trip-store",
    "--because",
    "more planning together",
    "--program",
    demo,
    "--by",
    "u-17",
  );

  const starter = join(folder, "starter");
  const by = ["--program", starter, "--by", "u-17"];
  run("--quiet", "init", starter);
  run("--quiet", "ingest", "--program", starter);
  run("--quiet", "run", "--program", starter);
  run("journal", "open", ...by);
  run("keys", "add", "--custodial", "everyone", ...by);
  run("agreement", "propose", "--all", "--because", "the terms of the starter", ...by);
  run("agreement", "accept", "--all", "--for", "everyone", ...by);
  // Whoever is paid on pages has to be payable: where its money goes is stated by one and confirmed by another.
  const whose = ["--partner", NEWCOMER, "--program", starter];
  const account = ["--name", "Northwind Trading GmbH", "--iban", "DE89 3704 0044 0532 0130 00", "--country", "DE"];
  run("profile", "set", ...whose, ...account, "--by", "u-17");
  run("profile", "confirm", ...whose, "--by", "u-4");

  project.provide("owing", await serve(owing(folder, run), OWING));
  project.provide("base", await serve(demo, [...PEOPLE, ...SIGNERS]));
  project.provide("starter", await serve(starter, STARTERS));
  project.provide("folder", folder);
  project.provide("starterFolder", starter);
  project.provide("password", password);
}

/** A program whose partner P-300 was paid too much, all quarters closed, with three rows that cannot be read. */
function owing(folder: string, run: (...args: string[]) => Buffer): string {
  const program = join(folder, "owing");
  const by = ["--program", program, "--by", "u-17"];
  const change = (file: string, from: RegExp, to: string) => {
    const path = join(program, file);
    writeFileSync(path, readFileSync(path, "utf8").replace(from, to));
  };
  run("--quiet", "init", program);
  const recovers = "recovers: { from: [next_payouts], at_most: 50% of each payout, within: 3 months }";
  change("plans/reseller.yaml", /^ {4}at_most: 25_000$/m, `    at_most: 25_000\n    ${recovers}`);
  change("plans/reseller.yaml", /^ {4}at_least: 0$/m, "");
  change("program.yaml", /until: 2026-07-01/g, "until: 2027-01-01");
  run("journal", "open", ...by);
  run("--quiet", "ingest", "--program", program);
  const head = "invoice,line,invoice_date,reseller,product,net_amount";
  const late = join(program, "late.csv");
  writeFileSync(late, `${head}\nI-2001,1,2026-04-02,P-300,suite,-300000.00\n`);
  run("--quiet", "ingest", "--program", program, "--source", "invoices", late);
  run("keys", "add", "--custodial", "everyone", ...by);
  run("agreement", "propose", "--all", "--because", "terms of 2026", ...by);
  run("agreement", "accept", "--all", "--for", "everyone", ...by);
  run("--quiet", "run", "--program", program);
  for (const quarter of ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]) {
    const told = run("period", "calculate", "--until", quarter, ...by).toString();
    const total = /^Until \S+: (-?[0-9.]+ USD)/m.exec(told)?.[1];
    const needed = told.includes("two others approve") ? ["u-4", "u-5"] : ["u-4"];
    for (const approver of needed) {
      run("period", "approve", ...(total ? ["--total", total] : []), "--program", program, "--by", approver);
    }
    run("period", "close", ...by);
  }
  const wrong = ["I-3001,1,2026-12-28,P-1OO,suite,40000.00", 'I-3002,1,2026-02-30,P-200,suite,"12,000.00"'];
  const cut = "I-3003,1,2026-12-30,P-100,suite,500.00,";
  const aside = join(program, "december.csv");
  writeFileSync(aside, `${[head, ...wrong, cut].join("\n")}\n`);
  run("--quiet", "ingest", "--program", program, "--source", "invoices", "--allow-quarantine", aside);
  return program;
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

/** Asks for a home and the overview until they are there: the first question after a start works everything out. */
async function isWarm(base: string, password: string, people: readonly Someone[]) {
  const ask = async (name: string | undefined, address: string) => {
    const session = await fetch(`${base}/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name, password }),
    });
    const cookie = session.headers
      .getSetCookie()
      .map((one) => one.split(";")[0])
      .join("; ");
    const answer = await fetch(`${base}${address}`, { headers: { cookie } });
    if (!answer.ok) {
      throw new Error(`${address} answers ${answer.status}: ${await answer.text()}`);
    }
  };
  const whose = people.find((one) => one.partner);
  await ask(whose?.name, `/v1/partners/${whose?.partner}/home`);
  await ask("finance", "/v1/overview");
}

export function teardown() {
  for (const server of started.servers) {
    server.kill("SIGINT");
  }
  if (started.folder) {
    rmSync(started.folder, { recursive: true, force: true });
  }
}
