// Every address of the app. What a user may want to share lives in the address: period, line, comparison, filters.
import type { QueryClient } from "@tanstack/react-query";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, Link, redirect } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { Refusal } from "./client";
import { HomePage } from "./pages/home/HomePage";
import { FirstPage } from "./pages/session/FirstPage";
import { SignOnPage } from "./pages/session/SignOnPage";
import { Broken } from "./parts/Broken";
import { placesOf, Shell } from "./parts/Shell";
import { Answer } from "./parts/States";
import { sessionQuery } from "./queries";
import { t } from "./strings";
import type { WhatIfRow } from "./wire";

interface Context {
  client: QueryClient;
}

const root = createRootRouteWithContext<Context>()({
  errorComponent: ({ error }) => <Broken error={error instanceof Error ? error : new Error(String(error))} />,
  notFoundComponent: NotFound,
});

/** A page whose code is loaded when it is opened, or pointed at. While it loads and where it cannot, the page says so. */
function lazily(name: string, load: () => Promise<ComponentType>) {
  const query = queryOptions({
    queryKey: ["page", name],
    queryFn: load,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  });
  return {
    loader: ({ context }: { context: Context }) => void context.client.prefetchQuery(query),
    component: function Lazy() {
      const page = useQuery(query);
      return <Answer of={page}>{(Page) => <Page />}</Answer>;
    },
  };
}

/** A path inside this app, or none: what stands in an address is never followed elsewhere. */
export function inside(path: unknown): string | undefined {
  const isInside = typeof path === "string" && /^\/(?![/\\])/.test(path) && !path.startsWith("/sign-on");
  return isInside ? path : undefined;
}

const signOn = createRoute({
  getParentRoute: () => root,
  path: "/sign-on",
  validateSearch: (search): { to?: string; refused?: string } => {
    const to = inside(search.to);
    const refused = typeof search.refused === "string" ? search.refused : undefined;
    return { ...(to === undefined ? {} : { to }), ...(refused === undefined ? {} : { refused }) };
  },
  component: SignOnPage,
});

const first = createRoute({ getParentRoute: () => root, path: "/first-administrator", component: FirstPage });

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  beforeLoad: async ({ context, location }) => {
    try {
      await context.client.ensureQueryData(sessionQuery);
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) {
        throw redirect({ to: "/sign-on", search: location.pathname === "/" ? {} : { to: location.href } });
      }
      // What else went wrong is said on the page, where it can be tried again.
    }
  },
  component: function Framed() {
    const session = useQuery(sessionQuery);
    return session.data ? (
      <Shell session={session.data} />
    ) : (
      <main>
        <Answer of={session}>{() => null}</Answer>
      </main>
    );
  },
});

const index = createRoute({
  getParentRoute: () => shell,
  path: "/",
  beforeLoad: async ({ context }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    throw redirect({ to: placesOf(session)[0]?.to ?? "/account" });
  },
});

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
const kept = <T extends Record<string, unknown>>(search: T) =>
  Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: NonNullable<T[Key]>;
  };

/** Rows as an address holds them; whatever else stands there is none. */
function rowsOf(said: unknown): WhatIfRow[] | undefined {
  if (!Array.isArray(said) || said.length === 0) {
    return undefined;
  }
  const isText = (cell: unknown) => typeof cell === "string";
  const isRow = (row: unknown): row is WhatIfRow => {
    const { kind, cells } = (row ?? {}) as Partial<WhatIfRow>;
    return isText(kind) && typeof cells === "object" && cells !== null && Object.values(cells).every(isText);
  };
  return said.every(isRow) ? said : undefined;
}

const home = createRoute({ getParentRoute: () => shell, path: "/partners/$partner", component: HomePage });

const statements = createRoute({
  getParentRoute: () => shell,
  path: "/partners/$partner/statements",
  ...lazily("LatestPage", () => import("./pages/statements/LatestPage").then((one) => one.LatestPage)),
});

const statement = createRoute({
  getParentRoute: () => shell,
  path: "/partners/$partner/statements/$period",
  validateSearch: (search) => kept({ line: text(search.line), compare: search.compare === true ? true : undefined }),
  ...lazily("StatementPage", () => import("./pages/statements/StatementPage").then((one) => one.StatementPage)),
});

const payments = createRoute({
  getParentRoute: () => shell,
  path: "/partners/$partner/payments",
  ...lazily("PaymentsPage", () => import("./pages/payments/PaymentsPage").then((one) => one.PaymentsPage)),
});

const agreements = createRoute({
  getParentRoute: () => shell,
  path: "/partners/$partner/agreement",
  ...lazily("AgreementPage", () => import("./pages/agreements/AgreementPage").then((one) => one.AgreementPage)),
});

const signingKey = createRoute({
  getParentRoute: () => shell,
  path: "/partners/$partner/key",
  ...lazily("KeyPage", () => import("./pages/key/KeyPage").then((one) => one.KeyPage)),
});

const whatIf = createRoute({
  getParentRoute: () => shell,
  path: "/partners/$partner/what-if",
  validateSearch: (search) => kept({ rows: rowsOf(search.rows) }),
  ...lazily("WhatIfPage", () => import("./pages/whatif/WhatIfPage").then((one) => one.WhatIfPage)),
});

const payouts = createRoute({
  getParentRoute: () => shell,
  path: "/payouts",
  ...lazily("PayoutsPage", () => import("./pages/payouts/PayoutsPage").then((one) => one.PayoutsPage)),
});

const payout = createRoute({
  getParentRoute: () => shell,
  path: "/payouts/$payout",
  ...lazily("PayoutPage", () => import("./pages/payouts/PayoutPage").then((one) => one.PayoutPage)),
});

const journal = createRoute({
  getParentRoute: () => shell,
  path: "/journal",
  validateSearch: (search) =>
    kept({
      kind: text(search.kind),
      partner: text(typeof search.partner === "number" ? String(search.partner) : search.partner),
      act: typeof search.act === "number" ? search.act : undefined,
    }),
  ...lazily("JournalPage", () => import("./pages/journal/JournalPage").then((one) => one.JournalPage)),
});

const overview = createRoute({
  getParentRoute: () => shell,
  path: "/overview",
  validateSearch: (search) => kept({ period: text(search.period) }),
  ...lazily("OverviewPage", () => import("./pages/overview/OverviewPage").then((one) => one.OverviewPage)),
});

const partners = createRoute({
  getParentRoute: () => shell,
  path: "/partners",
  validateSearch: (search) => kept({ holds: text(search.holds), plan: text(search.plan) }),
  ...lazily("PartnersPage", () => import("./pages/partners/PartnersPage").then((one) => one.PartnersPage)),
});

const plans = createRoute({
  getParentRoute: () => shell,
  path: "/plans",
  ...lazily("PlansPage", () => import("./pages/plans/PlansPage").then((one) => one.PlansPage)),
});

const plan = createRoute({
  getParentRoute: () => shell,
  path: "/plans/$plan",
  ...lazily("PlanPage", () => import("./pages/plans/PlanPage").then((one) => one.PlanPage)),
});

const close = createRoute({
  getParentRoute: () => shell,
  path: "/close",
  ...lazily("ClosePage", () => import("./pages/close/ClosePage").then((one) => one.ClosePage)),
});

const disputes = createRoute({
  getParentRoute: () => shell,
  path: "/disputes",
  validateSearch: (search) => kept({ show: search.show === "all" ? ("all" as const) : undefined }),
  ...lazily("DisputesPage", () => import("./pages/disputes/DisputesPage").then((one) => one.DisputesPage)),
});

const exceptions = createRoute({
  getParentRoute: () => shell,
  path: "/exceptions",
  validateSearch: (search) => kept({ show: search.show === "all" ? ("all" as const) : undefined }),
  ...lazily("ExceptionsPage", () => import("./pages/exceptions/ExceptionsPage").then((one) => one.ExceptionsPage)),
});

const board = createRoute({
  getParentRoute: () => shell,
  path: "/partners/$partner/board",
  ...lazily("BoardPage", () => import("./pages/board/BoardPage").then((one) => one.BoardPage)),
});

const feeds = createRoute({
  getParentRoute: () => shell,
  path: "/feeds",
  ...lazily("FeedsPage", () => import("./pages/facts/FeedsPage").then((one) => one.FeedsPage)),
});

const facts = createRoute({
  getParentRoute: () => shell,
  path: "/partners/$partner/facts",
  validateSearch: (search) =>
    kept({
      kind: text(search.kind),
      holds: text(typeof search.holds === "number" ? String(search.holds) : search.holds),
      from: text(search.from),
      until: text(search.until),
      skip: typeof search.skip === "number" && search.skip > 0 ? search.skip : undefined,
    }),
  ...lazily("FactsPage", () => import("./pages/facts/FactsPage").then((one) => one.FactsPage)),
});

const people = createRoute({
  getParentRoute: () => shell,
  path: "/people",
  ...lazily("PeoplePage", () => import("./pages/people/PeoplePage").then((one) => one.PeoplePage)),
});

const ownAnnouncements = createRoute({
  getParentRoute: () => shell,
  path: "/partners/$partner/announcements",
  ...lazily("OwnAnnouncementsPage", () =>
    import("./pages/announcements/OwnPage").then((one) => one.OwnAnnouncementsPage),
  ),
});

const announcements = createRoute({
  getParentRoute: () => shell,
  path: "/announcements",
  ...lazily("AnnouncementsPage", () =>
    import("./pages/announcements/AnnouncementsPage").then((one) => one.AnnouncementsPage),
  ),
});

const webhooks = createRoute({
  getParentRoute: () => shell,
  path: "/webhooks",
  ...lazily("WebhooksPage", () => import("./pages/webhooks/WebhooksPage").then((one) => one.WebhooksPage)),
});

const account = createRoute({
  getParentRoute: () => shell,
  path: "/account",
  ...lazily("AccountPage", () => import("./pages/account/AccountPage").then((one) => one.AccountPage)),
});

function NotFound() {
  return (
    <main className="broken">
      <h1>{t.app.notFound.title}</h1>
      <p>{t.app.notFound.lead}</p>
      <Link to="/" className="button">
        {t.app.notFound.home}
      </Link>
    </main>
  );
}

const tree = root.addChildren([
  signOn,
  first,
  shell.addChildren([
    index,
    home,
    statements,
    statement,
    payments,
    agreements,
    signingKey,
    whatIf,
    payouts,
    payout,
    journal,
    overview,
    partners,
    plans,
    plan,
    close,
    disputes,
    exceptions,
    board,
    feeds,
    facts,
    people,
    ownAnnouncements,
    announcements,
    webhooks,
    account,
  ]),
]);

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    defaultPreload: "intent",
    scrollRestoration: true,
    // The page that is left stays until the next one is there: no flash of nothing.
    defaultPendingMs: 300,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
