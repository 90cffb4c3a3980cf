// A partner's own key: made in the browser, kept where scripts can use it and never read it, and signed with here alone.
import { ascii, base64, bytes, fromBase64, hex } from "./bytes";

const ALGORITHM = "Ed25519";
/** What stands before the 32 bytes of an Ed25519 secret in PKCS #8 (RFC 8410). */
const PKCS8 = new Uint8Array([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32]);
/** By which byte signed notes say that a key is Ed25519. */
const KIND = 1;
/** How often a passphrase is hashed for a backup (OWASP's least for PBKDF2 with SHA-256). */
const ROUNDS = 600_000;

/** A key that this browser signs with; its secret can't be taken out. */
export interface HeldKey {
  /** The key as signed notes write it: name, id and key. */
  key: string;
  secret: CryptoKey;
}

export interface Made {
  held: HeldKey;
  /** What the vendor takes: the key, signed by itself. */
  request: string;
  /** The encrypted backup, where one was asked for. */
  backup?: string;
}

/** Why a key can't be made or read, for the page to say in words. */
export class KeyTrouble extends Error {
  readonly why: "unsupported" | "notABackup" | "passphrase" | "another" | "notAsked";
  constructor(why: KeyTrouble["why"]) {
    super(why);
    this.why = why;
  }
}

function subtle(): SubtleCrypto {
  if (!globalThis.crypto?.subtle) {
    throw new KeyTrouble("unsupported");
  }
  return crypto.subtle;
}

/** Makes a key. Without a passphrase its secret never stands in memory that scripts can read. */
export async function makeKey(name: string, passphrase: string | undefined): Promise<Made> {
  const hasBackup = passphrase !== undefined;
  let pair: CryptoKeyPair;
  try {
    pair = (await subtle().generateKey(ALGORITHM, hasBackup, ["sign", "verify"])) as CryptoKeyPair;
  } catch {
    throw new KeyTrouble("unsupported");
  }
  const key = await keyText(name, new Uint8Array(await subtle().exportKey("raw", pair.publicKey)));
  const request = await requestOf(key, pair.privateKey);
  if (!hasBackup) {
    return { held: { key, secret: pair.privateKey }, request };
  }
  const secret = new Uint8Array(await subtle().exportKey("pkcs8", pair.privateKey));
  const backup = await sealed(key, secret, passphrase);
  const held = { key, secret: await closed(secret) };
  secret.fill(0);
  return { held, request, backup };
}

/** Reads a key from its backup, and closes it up again. */
export async function fromBackup(backup: string, passphrase: string, wanted: string): Promise<HeldKey> {
  const said = readBackup(backup);
  if (said.key !== wanted) {
    throw new KeyTrouble("another");
  }
  const { cipher, kdf } = said;
  const by = await byPassphrase(passphrase, fromBase64(kdf.salt), kdf.iterations);
  let text: ArrayBuffer;
  try {
    text = await subtle().decrypt(
      { name: "AES-GCM", iv: fromBase64(cipher.iv), additionalData: bytes(said.key) },
      by,
      fromBase64(said.secret),
    );
  } catch {
    throw new KeyTrouble("passphrase");
  }
  const opened = new Uint8Array(text);
  const line = ascii(opened).split("\n")[0] ?? "";
  opened.fill(0);
  const seed = fromBase64(line.split("+").slice(4).join("+")).slice(1);
  const secret = new Uint8Array([...PKCS8, ...seed]);
  seed.fill(0);
  const held = { key: said.key, secret: await closed(secret) };
  secret.fill(0);
  if (!(await isPair(held))) {
    throw new KeyTrouble("another");
  }
  return held;
}

/** The bare signature over a text, in base64. */
export async function signText(held: HeldKey, text: string): Promise<string> {
  return base64(new Uint8Array(await subtle().sign(ALGORITHM, held.secret, bytes(text))));
}

/** The SHA-256 of a text, as digests are written. */
export async function sha256(text: string): Promise<string> {
  return hex(new Uint8Array(await subtle().digest("SHA-256", bytes(text))));
}

/** Eight digits that tell keys of one name apart. */
export function idOf(key: string): string {
  return key.split("+")[1] ?? "";
}

async function keyText(name: string, open: Uint8Array): Promise<string> {
  const typed = new Uint8Array([KIND, ...open]);
  const named = new Uint8Array([...bytes(`${name}\n`), ...typed]);
  const digest = new Uint8Array(await subtle().digest("SHA-256", named));
  return `${name}+${hex(digest.slice(0, 4))}+${base64(typed)}`;
}

/** A request as `trueup keys new` writes it: a signed note of the key by the key itself. */
async function requestOf(key: string, secret: CryptoKey): Promise<string> {
  const text = `trueup key 1\n${key}\n`;
  const signature = new Uint8Array(await subtle().sign(ALGORITHM, secret, bytes(text)));
  const id = idOf(key).match(/../g) ?? [];
  const line = base64(new Uint8Array([...id.map((digits) => Number.parseInt(digits, 16)), ...signature]));
  return `${text}\n— ${key.split("+")[0]} ${line}\n`;
}

/** The secret as a key that scripts can sign with and not read. */
function closed(secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return subtle().importKey("pkcs8", secret, ALGORITHM, false, ["sign"]);
}

async function isPair(held: HeldKey): Promise<boolean> {
  const open = fromBase64(held.key.split("+").slice(2).join("+")).slice(1);
  const checks = await subtle().importKey("raw", open, ALGORITHM, false, ["verify"]);
  const text = bytes("a key and its secret");
  return subtle().verify(ALGORITHM, checks, await subtle().sign(ALGORITHM, held.secret, text), text);
}

interface Backup {
  trueup_key_backup: 1;
  key: string;
  kdf: { name: "PBKDF2"; hash: "SHA-256"; iterations: number; salt: string };
  cipher: { name: "AES-GCM"; iv: string };
  secret: string;
}

/** What is sealed is the file that the command line reads with --key-file. */
async function sealed(key: string, secret: Uint8Array, passphrase: string): Promise<string> {
  const [name, id] = key.split("+");
  const seed = secret.slice(PKCS8.length);
  const file = bytes(`PRIVATE+KEY+${name}+${id}+${base64(new Uint8Array([KIND, ...seed]))}\n${key}\n`);
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const by = await byPassphrase(passphrase, salt, ROUNDS);
  const closed = await subtle().encrypt({ name: "AES-GCM", iv, additionalData: bytes(key) }, by, file);
  seed.fill(0);
  file.fill(0);
  const backup: Backup = {
    trueup_key_backup: 1,
    key,
    kdf: { name: "PBKDF2", hash: "SHA-256", iterations: ROUNDS, salt: base64(salt) },
    cipher: { name: "AES-GCM", iv: base64(iv) },
    secret: base64(new Uint8Array(closed)),
  };
  return `${JSON.stringify(backup, undefined, 2)}\n`;
}

async function byPassphrase(passphrase: string, salt: Uint8Array<ArrayBuffer>, rounds: number): Promise<CryptoKey> {
  const typed = await subtle().importKey("raw", bytes(passphrase.normalize("NFC")), "PBKDF2", false, ["deriveKey"]);
  return subtle().deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds },
    typed,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

function readBackup(text: string): Backup {
  try {
    const said = JSON.parse(text) as Backup;
    const isOne =
      said.trueup_key_backup === 1 &&
      typeof said.key === "string" &&
      typeof said.secret === "string" &&
      typeof said.cipher.iv === "string" &&
      typeof said.kdf.salt === "string" &&
      Number.isInteger(said.kdf.iterations) &&
      said.kdf.iterations <= ROUNDS * 10;
    if (isOne) {
      return said;
    }
  } catch {
    // What is no JSON is no backup.
  }
  throw new KeyTrouble("notABackup");
}
