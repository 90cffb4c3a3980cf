import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// Days and figures are tested as one kind of English writes them, in a zone where a day's midnight in UTC is the day before.
process.env.TZ = "America/Los_Angeles";

export default defineConfig({
  plugins: [react()],
  test: { include: ["tests/unit/**/*.test.{ts,tsx}"], environment: "node", setupFiles: ["tests/unit/setup.ts"] },
});
