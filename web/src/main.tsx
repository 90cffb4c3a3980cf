import "@mantine/core/styles.layer.css";
import "@fontsource-variable/geist/wght.css";
import "virtual:theme.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/home.css";
import "./styles/statement.css";
import "./styles/program.css";
import "./styles/signing.css";
import "./styles/facts.css";
import "./styles/narrow.css";
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Refusal } from "./client";
import { COLOURS_KEY } from "./colours";
import { Boundary } from "./parts/Broken";
import { makeRouter } from "./routes";
import { theme } from "./theme";

const client = new QueryClient({
  defaultOptions: {
    // Whether the server is there is found out by asking it: what the browser thinks of its network is not asked.
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      staleTime: 15_000,
      // A refusal stays one however often it is asked; only the world's failures are tried again.
      retry: (tries, error) => tries < 2 && !(error instanceof Refusal && error.status < 500),
    },
  },
});
const router = makeRouter(client);
const manager = localStorageColorSchemeManager({ key: COLOURS_KEY });
const root = document.getElementById("root");

if (root) {
  createRoot(root).render(
    <StrictMode>
      {/* The theme's variables are a sheet of their own (vite.config.ts): the page's policy allows no style from scripts. */}
      <MantineProvider
        theme={theme}
        defaultColorScheme="auto"
        colorSchemeManager={manager}
        withCssVariables={false}
        withGlobalClasses={false}
      >
        <QueryClientProvider client={client}>
          <Boundary>
            <RouterProvider router={router} />
          </Boundary>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
