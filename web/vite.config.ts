import {
  convertCssVariables,
  DEFAULT_THEME,
  deepMerge,
  defaultCssVariablesResolver,
  mergeMantineTheme,
} from "@mantine/core";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { theme, variables } from "./src/theme";

// The theme's CSS variables as a file. The browser then needs no style element made by a script, and the page's policy can
// refuse all of them.
function themeSheet(): Plugin {
  const name = "virtual:theme.css";
  const merged = mergeMantineTheme(DEFAULT_THEME, theme);
  const sheet = convertCssVariables(deepMerge(defaultCssVariablesResolver(merged), variables(merged)), ":root");
  const schemes =
    ":root[data-mantine-color-scheme=dark]{--mantine-color-scheme:dark}:root[data-mantine-color-scheme=light]{--mantine-color-scheme:light}";
  return {
    name: "theme-sheet",
    resolveId: (id) => (id === name ? `\0${name}` : null),
    load: (id) => (id === `\0${name}` ? sheet + schemes : null),
  };
}

export default defineConfig({
  plugins: [react(), themeSheet()],
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, manifest: true },
  server: { host: "127.0.0.1", proxy: { "/v1": process.env.TRUEUP_SERVER ?? "http://127.0.0.1:8080" } },
});
