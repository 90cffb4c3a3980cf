// Adds up what a partner's home loads at once, as a browser gets it: the entry and what it imports, without what is lazy.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const MOST = 350_000;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

function gather(key, seen) {
  if (!seen.has(key)) {
    seen.add(key);
    for (const next of manifest[key].imports ?? []) {
      gather(next, seen);
    }
  }
  return seen;
}

const sizeOf = (key) => gzipSync(readFileSync(new URL(manifest[key].file, dist))).length;
const sum = (keys) => [...keys].reduce((total, key) => total + sizeOf(key), 0);
const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const home = sum(gather(entry, new Set()));
console.log(`partner's home: ${home} of ${MOST} bytes of JavaScript, compressed`);
for (const [key, chunk] of Object.entries(manifest)) {
  if (chunk.isDynamicEntry) {
    console.log(`  lazy ${key}: ${sizeOf(key)}`);
  }
}
if (!(home > 10_000 && home <= MOST)) {
  console.error(
    `the partner's home loads ${home} bytes of JavaScript; at most ${MOST} are allowed: make something lazy`,
  );
  process.exit(1);
}
