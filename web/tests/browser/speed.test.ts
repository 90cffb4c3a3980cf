// How soon a partner sees its home on a browser that has nothing yet, and how much JavaScript that takes.
import { expect, test } from "vitest";
import { done, signedOn, usesBrowser } from "./browser";
import { PARTNER } from "./setup";

usesBrowser();

/** From the request for the page until the figures stand there, cold. */
const COLD_MS = 1500;
const SCRIPT_BYTES = 350_000;

test("the partner's home is there within a second and a half, with at most 350 kB of scripts", async () => {
  const opened = await signedOn("partner");
  const { page } = opened;
  // The server answers the first question after its start from the run; what is timed is the browser's part and a warm server.
  await page.request.get(`/v1/partners/${PARTNER}/home`);
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const scripts = new Map<string, number>();
  const isScript = new Set<string>();
  session.on("Network.responseReceived", (one) => {
    if (one.type === "Script" && !one.response.url.includes("Columns")) {
      isScript.add(one.requestId);
    }
  });
  session.on("Network.loadingFinished", (one) => {
    if (isScript.has(one.requestId)) {
      scripts.set(one.requestId, one.encodedDataLength);
    }
  });
  const begun = performance.now();
  await page.goto(`/partners/${PARTNER}`, { waitUntil: "commit" });
  await page.getByText("Earned to date").waitFor();
  const took = performance.now() - begun;
  const bytes = [...scripts.values()].reduce((sum, one) => sum + one, 0);
  console.log(`home: ${Math.round(took)} ms, ${bytes} bytes of scripts`);
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThanOrEqual(SCRIPT_BYTES);
  expect(took).toBeLessThanOrEqual(COLD_MS);
  await done(opened);
});
