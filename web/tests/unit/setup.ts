import { vi } from "vitest";

vi.stubGlobal("navigator", { ...globalThis.navigator, languages: ["en-GB"], userAgent: "node" });
