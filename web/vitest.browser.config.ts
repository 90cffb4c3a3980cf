import { defineConfig } from "vitest/config";

// The app in a real browser against the real server on the example program: scripts/web_test.sh builds both before.
export default defineConfig({
  test: {
    include: ["tests/browser/**/*.test.ts"],
    environment: "node",
    globalSetup: ["tests/browser/setup.ts"],
    // One server and one browser: what one test does another may see.
    fileParallelism: false,
    sequence: { concurrent: false },
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
