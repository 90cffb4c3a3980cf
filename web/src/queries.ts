// What pages ask of the API, each with the key it is kept under. Live events make whole families of keys old.
import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "./client";
import type { WhatIfRow } from "./wire";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: () => answered(api.GET("/v1/session")),
  staleTime: 5 * 60_000,
  retry: false,
});

/** The ways to sign on, for whoever has not yet. */
export const waysQuery = queryOptions({
  queryKey: ["ways"],
  queryFn: () => answered(api.GET("/v1/sign-on")),
  staleTime: Number.POSITIVE_INFINITY,
  retry: false,
});

export const homeQuery = (partner: string) =>
  queryOptions({
    queryKey: ["figures", "home", partner],
    queryFn: () => answered(api.GET("/v1/partners/{partner}/home", { params: { path: { partner } } })),
  });

export const boardQuery = (partner: string) =>
  queryOptions({
    queryKey: ["figures", "board", partner],
    queryFn: () => answered(api.GET("/v1/partners/{partner}/board", { params: { path: { partner } } })),
  });

export const partnerQuery = (partner: string) =>
  queryOptions({
    queryKey: ["figures", "partner", partner],
    queryFn: () => answered(api.GET("/v1/partners/{partner}", { params: { path: { partner } } })),
  });

export const statementsQuery = (partner: string) =>
  queryOptions({
    queryKey: ["figures", "statements", partner],
    queryFn: () => answered(api.GET("/v1/partners/{partner}/statements", { params: { path: { partner } } })),
  });

export const statementQuery = (partner: string, period: string) =>
  queryOptions({
    queryKey: ["figures", "statement", partner, period],
    queryFn: () =>
      answered(api.GET("/v1/partners/{partner}/statements/{period}", { params: { path: { partner, period } } })),
  });

export const explanationQuery = (partner: string, period: string, line: string, rows: boolean) =>
  queryOptions({
    queryKey: ["figures", "explanation", partner, period, line, rows],
    queryFn: () =>
      answered(
        api.GET("/v1/partners/{partner}/statements/{period}/lines/{line}/explanation", {
          params: { path: { partner, period, line }, query: { rows } },
        }),
      ),
  });

export const comparisonQuery = (partner: string, period: string) =>
  queryOptions({
    queryKey: ["figures", "comparison", partner, period],
    queryFn: () =>
      answered(
        api.GET("/v1/partners/{partner}/statements/{period}/compare", { params: { path: { partner, period } } }),
      ),
  });

export const overviewQuery = queryOptions({
  queryKey: ["figures", "overview"],
  queryFn: () => answered(api.GET("/v1/overview")),
});

export const disputesQuery = (partner: string | undefined, isOpen: boolean | undefined) =>
  queryOptions({
    queryKey: ["figures", "disputes", partner ?? "", isOpen ?? "all"],
    queryFn: () =>
      answered(
        api.GET("/v1/disputes", {
          params: {
            query: {
              ...(partner === undefined ? {} : { partner }),
              ...(isOpen === undefined ? {} : { is_open: isOpen }),
            },
          },
        }),
      ),
  });

export const exceptionsQuery = queryOptions({
  queryKey: ["figures", "exceptions"],
  queryFn: () => answered(api.GET("/v1/exceptions")),
});

export const feedsQuery = queryOptions({
  queryKey: ["figures", "feeds"],
  queryFn: () => answered(api.GET("/v1/feeds")),
});

export const feedQualityQuery = (source: string) =>
  queryOptions({
    queryKey: ["figures", "feeds", source],
    queryFn: () => answered(api.GET("/v1/feeds/{source}/quality", { params: { path: { source } } })),
  });

interface FactsAsked {
  kind?: string;
  holds?: string;
  from?: string;
  until?: string;
  skip?: number;
}

export const factsQuery = (partner: string, asked: FactsAsked) =>
  queryOptions({
    queryKey: ["figures", "facts", partner, asked],
    queryFn: () => answered(api.GET("/v1/partners/{partner}/facts", { params: { path: { partner }, query: asked } })),
  });

export const periodsQuery = queryOptions({
  queryKey: ["figures", "periods"],
  queryFn: () => answered(api.GET("/v1/periods")),
});

export const payoutsQuery = queryOptions({
  queryKey: ["figures", "payouts"],
  queryFn: () => answered(api.GET("/v1/payouts")),
});

export const payoutQuery = (payout: number) =>
  queryOptions({
    queryKey: ["figures", "payouts", payout],
    queryFn: () => answered(api.GET("/v1/payouts/{payout}", { params: { path: { payout } } })),
  });

export const payoutPreviewQuery = (on: string) =>
  queryOptions({
    queryKey: ["figures", "payouts", "preview", on],
    queryFn: () => answered(api.GET("/v1/payout-preview", { params: { query: { on } } })),
  });

export const paymentsQuery = (partner: string) =>
  queryOptions({
    queryKey: ["figures", "payments", partner],
    queryFn: () => answered(api.GET("/v1/partners/{partner}/payments", { params: { path: { partner } } })),
  });

export const actQuery = (act: number) =>
  queryOptions({
    queryKey: ["figures", "journal", "act", act],
    queryFn: () => answered(api.GET("/v1/journal/{act}", { params: { path: { act } } })),
  });

export const agreementsQuery = (partner: string) =>
  queryOptions({
    queryKey: ["figures", "agreements", partner],
    queryFn: () => answered(api.GET("/v1/partners/{partner}/agreements", { params: { path: { partner } } })),
  });

export const partnerKeysQuery = (partner: string) =>
  queryOptions({
    queryKey: ["figures", "keys", partner],
    queryFn: () => answered(api.GET("/v1/partners/{partner}/keys", { params: { path: { partner } } })),
  });

export const whatIfFormQuery = (partner: string) =>
  queryOptions({
    queryKey: ["figures", "whatif", partner],
    queryFn: () => answered(api.GET("/v1/partners/{partner}/whatif", { params: { path: { partner } } })),
  });

/** What would be paid, by the rows that are asked about: it changes nothing, so it is asked like everything that is read. */
export const whatIfQuery = (partner: string, rows: readonly WhatIfRow[]) =>
  queryOptions({
    queryKey: ["figures", "whatif", partner, rows],
    queryFn: () =>
      answered(api.POST("/v1/partners/{partner}/whatif", { params: { path: { partner } }, body: { rows: [...rows] } })),
    retry: false,
  });

export const plansQuery = queryOptions({
  queryKey: ["plans"],
  queryFn: () => answered(api.GET("/v1/plans")),
});

export const planQuery = (plan: string) =>
  queryOptions({
    queryKey: ["plans", plan],
    queryFn: () => answered(api.GET("/v1/plans/{plan}", { params: { path: { plan } } })),
  });

export const announcementsQuery = queryOptions({
  queryKey: ["figures", "announcements"],
  queryFn: () => answered(api.GET("/v1/announcements")),
});

export const ownAnnouncementsQuery = (partner: string) =>
  queryOptions({
    queryKey: ["figures", "announcements", partner],
    queryFn: () => answered(api.GET("/v1/partners/{partner}/announcements", { params: { path: { partner } } })),
  });

/** Makes all figures old, after something was done or said to have changed. */
export function useFiguresAreOld(): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ["figures"] });
}
