// Every address of the app. What a user may want to share lives in the address: period, line, comparison, filters.
import type { QueryClient } from "@tanstack/react-query";
import { useQuery } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Link,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { Refusal } from "./client";
import { HomePage } from "./pages/home/HomePage";
import { FirstPage } from "./pages/session/FirstPage";
import { SignOnPage } from "./pages/session/SignOnPage";
import { Broken } from "./parts/Broken";
import { placesOf, Shell } from "./parts/Shell";
import { Answer } from "./parts/States";
import { sessionQuery } from "./queries";
import { t } from "./strings";

interface Context {
  client: QueryClient;
}

const root = createRootRouteWithContext<Context>()({
  errorComponent: ({ error }) => <Broken error={error instanceof Error ? error : new Error(String(error))} />,
  notFoundComponent: NotFound,
});

/** A path inside this app, or none: what stands in an address is never followed elsewhere. */
export function inside(path: unknown): string | undefined {
  const isInside = typeof path === "string" && /^\/(?![/\\])/.test(path) && !path.startsWith("/sign-on");
  return isInside ? path : undefined;
}

const signOn = createRoute({
  getParentRoute: () => root,
  path: "/sign-on",
  validateSearch: (search): { to?: string } => {
    const to = inside(search.to);
    return to === undefined ? {} : { to };
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
    return <Answer of={session}>{(one) => <Shell session={one} />}</Answer>;
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

const home = createRoute({ getParentRoute: () => shell, path: "/partners/$partner", component: HomePage });

const statements = createRoute({
  getParentRoute: () => shell,
  path: "/partners/$partner/statements",
  component: lazyRouteComponent(() => import("./pages/statements/LatestPage"), "LatestPage"),
});

const statement = createRoute({
  getParentRoute: () => shell,
  path: "/partners/$partner/statements/$period",
  validateSearch: (search) => kept({ line: text(search.line), compare: search.compare === true ? true : undefined }),
  component: lazyRouteComponent(() => import("./pages/statements/StatementPage"), "StatementPage"),
});

const overview = createRoute({
  getParentRoute: () => shell,
  path: "/overview",
  validateSearch: (search) => kept({ period: text(search.period) }),
  component: lazyRouteComponent(() => import("./pages/overview/OverviewPage"), "OverviewPage"),
});

const partners = createRoute({
  getParentRoute: () => shell,
  path: "/partners",
  validateSearch: (search) => kept({ holds: text(search.holds), plan: text(search.plan) }),
  component: lazyRouteComponent(() => import("./pages/partners/PartnersPage"), "PartnersPage"),
});

const plans = createRoute({
  getParentRoute: () => shell,
  path: "/plans",
  component: lazyRouteComponent(() => import("./pages/plans/PlansPage"), "PlansPage"),
});

const plan = createRoute({
  getParentRoute: () => shell,
  path: "/plans/$plan",
  component: lazyRouteComponent(() => import("./pages/plans/PlanPage"), "PlanPage"),
});

const close = createRoute({
  getParentRoute: () => shell,
  path: "/close",
  component: lazyRouteComponent(() => import("./pages/close/ClosePage"), "ClosePage"),
});

const disputes = createRoute({
  getParentRoute: () => shell,
  path: "/disputes",
  validateSearch: (search) => kept({ show: search.show === "all" ? ("all" as const) : undefined }),
  component: lazyRouteComponent(() => import("./pages/disputes/DisputesPage"), "DisputesPage"),
});

const people = createRoute({
  getParentRoute: () => shell,
  path: "/people",
  component: lazyRouteComponent(() => import("./pages/people/PeoplePage"), "PeoplePage"),
});

const account = createRoute({
  getParentRoute: () => shell,
  path: "/account",
  component: lazyRouteComponent(() => import("./pages/account/AccountPage"), "AccountPage"),
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
    overview,
    partners,
    plans,
    plan,
    close,
    disputes,
    people,
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
