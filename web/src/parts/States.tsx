// The states a page has besides its figures: loading, empty, refused, failed. Each says what is and what to do.
import { Button, Skeleton } from "@mantine/core";
import { IconCloudOff, IconInbox, IconLock, IconMoodEmpty, IconTool } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { createContext, type ReactNode, useContext } from "react";
import { Refusal } from "../client";
import { t } from "../strings";

export function Loading({ rows = 4 }: { rows?: number }) {
  return (
    <div className="state-loading" role="status" aria-label={t.state.loading}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: all rows are the same and none ever moves
        <Skeleton key={row} height={row === 0 ? 36 : 56} radius="md" width={row === 0 ? "40%" : "100%"} />
      ))}
    </div>
  );
}

/** Whether a page has its heading already: then what stands inside it has none of the first order. */
export const InPage = createContext(false);

interface Said {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  tone?: "quiet" | "grave";
}

function Told({ icon, title, children, action, tone = "quiet" }: Said) {
  const isInPage = useContext(InPage);
  return (
    <div className={`state state-${tone}`} role={tone === "grave" ? "alert" : "status"}>
      <span className="state-icon" aria-hidden>
        {icon}
      </span>
      <div>
        {isInPage ? <p className="state-title">{title}</p> : <h1 className="state-title">{title}</h1>}
        {children ? <div className="state-lead">{children}</div> : null}
        {action ? <div className="state-action">{action}</div> : null}
      </div>
    </div>
  );
}

export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Told icon={<IconInbox size={22} />} title={title} action={action}>
      {children}
    </Told>
  );
}

/** What the server said instead of an answer, as words, with the way on. */
export function NoAnswer({ error, again }: { error: Error; again?: () => void }) {
  const { href } = useLocation();
  const retry = again ? (
    <Button variant="default" onClick={again}>
      {t.state.again}
    </Button>
  ) : null;
  if (!(error instanceof Refusal)) {
    return (
      <Told icon={<IconCloudOff size={22} />} title={t.state.failedTitle} tone="grave" action={retry}>
        {t.state.offline}
      </Told>
    );
  }
  if (error.status === 401) {
    return (
      <Told
        icon={<IconLock size={22} />}
        title={t.state.signedOffTitle}
        action={
          <Link to="/sign-on" search={{ to: href }} className="button">
            {t.state.signOn}
          </Link>
        }
      >
        {t.state.signedOff}
      </Told>
    );
  }
  if (error.status === 403) {
    return (
      <Told icon={<IconLock size={22} />} title={t.state.refusedTitle} tone="grave">
        {error.message}
      </Told>
    );
  }
  if (error.status === 404) {
    return (
      <Told icon={<IconMoodEmpty size={22} />} title={t.state.notFoundTitle}>
        {error.message}
      </Told>
    );
  }
  return (
    <Told icon={<IconTool size={22} />} title={t.state.failedTitle} tone="grave" action={retry}>
      <p>{error.message}</p>
      {error.status >= 500 ? <p>{t.state.failed}</p> : null}
      {error.requestId ? <p className="quiet">{t.state.request(error.requestId)}</p> : null}
    </Told>
  );
}

/** An answer, or the state it is in instead. */
export function Answer<T>({
  of,
  children,
  rows,
}: {
  of: UseQueryResult<T>;
  children: (answer: T) => ReactNode;
  rows?: number;
}) {
  if (of.data !== undefined) {
    return children(of.data);
  }
  if (of.error) {
    return <NoAnswer error={of.error} again={() => void of.refetch()} />;
  }
  return <Loading {...(rows === undefined ? {} : { rows })} />;
}

/** What a step that was tried came to, where it was refused. */
export function Refused({ error }: { error: Error | null }) {
  if (!error) {
    return null;
  }
  return (
    <p className="refused" role="alert">
      {error instanceof Refusal ? error.message : t.state.offline}
    </p>
  );
}
