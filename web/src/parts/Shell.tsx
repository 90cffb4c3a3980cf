// The frame of every page: where one is, where one can go, whose program it is, and whether the page is live.
import { Menu, UnstyledButton } from "@mantine/core";
import {
  IconBinaryTree2,
  IconBulb,
  IconCash,
  IconChartDots3,
  IconCheck,
  IconChevronDown,
  IconDatabase,
  IconFileText,
  IconHome2,
  IconLogout,
  IconMessageReport,
  IconReceipt2,
  IconRosetteDiscountCheck,
  IconScale,
  IconSignature,
  IconSpeakerphone,
  IconUserCircle,
  IconUsers,
  IconUsersGroup,
  IconWebhook,
} from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { type ReactNode, type RefObject, useEffect, useRef } from "react";
import { api } from "../client";
import { type Colours, useColours } from "../colours";
import { useLive } from "../live";
import { t } from "../strings";
import type { Screen, Session } from "../wire";
import { Mark } from "./Mark";

interface Place {
  to: string;
  label: string;
  icon: ReactNode;
  isExact?: boolean;
}

/** Where somebody can go, as far as the API says that they may. */
export function placesOf(session: Session): Place[] {
  const may = (screen: Screen) => session.screens.some((one) => one.screen === screen && one.is_allowed);
  const places: Place[] = [];
  if (session.partner) {
    const own = `/partners/${encodeURIComponent(session.partner)}`;
    places.push({ to: own, label: t.nav.home, icon: <IconHome2 size={19} />, isExact: true });
    places.push({ to: `${own}/statements`, label: t.nav.statements, icon: <IconReceipt2 size={19} /> });
    places.push({ to: `${own}/payments`, label: t.nav.payments, icon: <IconCash size={19} /> });
    if (may("what_if")) {
      places.push({ to: `${own}/what-if`, label: t.nav.whatIf, icon: <IconBulb size={19} /> });
    }
    if (may("facts")) {
      places.push({ to: `${own}/facts`, label: t.nav.facts, icon: <IconDatabase size={19} /> });
    }
    places.push({ to: `${own}/agreement`, label: t.nav.agreement, icon: <IconSignature size={19} /> });
  } else {
    if (may("overview")) {
      places.push({ to: "/overview", label: t.nav.overview, icon: <IconChartDots3 size={19} /> });
    }
    if (may("partners")) {
      places.push({ to: "/partners", label: t.nav.partners, icon: <IconUsersGroup size={19} /> });
    }
    if (may("plan_editor")) {
      places.push({ to: "/plans", label: t.nav.plans, icon: <IconFileText size={19} /> });
    }
    if (may("close")) {
      places.push({ to: "/close", label: t.nav.close, icon: <IconRosetteDiscountCheck size={19} /> });
    }
  }
  if (may("payouts")) {
    places.push({ to: "/payouts", label: t.nav.payouts, icon: <IconCash size={19} /> });
  }
  if (may("disputes")) {
    places.push({ to: "/disputes", label: t.nav.disputes, icon: <IconMessageReport size={19} /> });
  }
  if (may("feeds")) {
    places.push({ to: "/feeds", label: t.nav.feeds, icon: <IconDatabase size={19} /> });
  }
  if (may("exceptions")) {
    places.push({ to: "/exceptions", label: t.nav.exceptions, icon: <IconScale size={19} /> });
  }
  if (may("announcements")) {
    places.push({ to: "/announcements", label: t.nav.announcements, icon: <IconSpeakerphone size={19} /> });
  }
  if (may("journal")) {
    places.push({ to: "/journal", label: t.nav.journal, icon: <IconBinaryTree2 size={19} /> });
  }
  if (may("people")) {
    places.push({ to: "/people", label: t.nav.people, icon: <IconUsers size={19} /> });
  }
  if (may("webhooks")) {
    places.push({ to: "/webhooks", label: t.nav.webhooks, icon: <IconWebhook size={19} /> });
  }
  return places;
}

export function Shell({ session }: { session: Session }) {
  const places = placesOf(session);
  const liveness = useLive(session.partner);
  const main = useRef<HTMLElement>(null);
  useFocusOnPage(main);
  return (
    <div className="shell">
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        {t.app.skip}
      </button>
      <aside className="rail">
        <div className="rail-inner">
          <div className="rail-brand">
            <Mark />
            <span>{t.app.name}</span>
          </div>
          <Places places={places} className="rail-nav" />
          <div className="rail-foot">
            <span className="rail-label">{t.nav.program}</span>
            <span>{session.program_title}</span>
          </div>
        </div>
      </aside>
      <header className="top">
        <span className="top-brand">
          <Mark />
        </span>
        <span className="top-program">{session.program_title}</span>
        {liveness === "none" ? null : <Live isLive={liveness === "live"} />}
        <AccountMenu session={session} />
      </header>
      <main className="main" id="content" tabIndex={-1} ref={main}>
        <Outlet />
      </main>
      <Places places={places} className="tabs" />
    </div>
  );
}

function Live({ isLive }: { isLive: boolean }) {
  return (
    <span className={`live ${isLive ? "is-live" : ""}`} title={isLive ? t.app.liveHelp : t.app.notLiveHelp}>
      <span className="live-dot" aria-hidden />
      {isLive ? t.app.live : t.app.notLive}
    </span>
  );
}

/** A new page takes the focus, so that keyboards and readers begin where it begins. */
function useFocusOnPage(main: RefObject<HTMLElement | null>) {
  const { pathname } = useLocation();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current !== pathname) {
      before.current = pathname;
      main.current?.focus({ preventScroll: true });
    }
  }, [pathname, main]);
}

function Places({ places, className }: { places: Place[]; className: string }) {
  return (
    <nav className={className} aria-label={t.app.navigation}>
      {places.map((place) => (
        <Link key={place.to} to={place.to} activeOptions={{ exact: place.isExact ?? false }}>
          <span aria-hidden className="nav-icon">
            {place.icon}
          </span>
          <span>{place.label}</span>
        </Link>
      ))}
    </nav>
  );
}

function AccountMenu({ session }: { session: Session }) {
  const [colours, setColours] = useColours();
  const client = useQueryClient();
  const navigate = useNavigate();
  const choices: [Colours, string][] = [
    ["light", t.app.theme.light],
    ["dark", t.app.theme.dark],
    ["auto", t.app.theme.system],
  ];
  const signOff = async () => {
    await api.DELETE("/v1/session");
    client.clear();
    await navigate({ to: "/sign-on" });
  };
  return (
    <Menu position="bottom-end" width={240} withinPortal>
      <Menu.Target>
        <UnstyledButton className="who">
          <span className="unseen">{t.app.account}: </span>
          <span className="who-sign" aria-hidden>
            {session.shown_name.slice(0, 1).toUpperCase()}
          </span>
          <span className="who-name">{session.shown_name}</span>
          <IconChevronDown size={15} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconUserCircle size={17} />} component={Link} to="/account">
          {t.account.title}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t.app.theme.label}</Menu.Label>
        {choices.map(([key, label]) => (
          <Menu.Item
            key={key}
            onClick={() => setColours(key)}
            leftSection={<IconCheck size={17} style={{ visibility: colours === key ? "visible" : "hidden" }} />}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={17} />} onClick={() => void signOff()}>
          {t.app.signOff}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
