// What was announced to a partner and not read yet: it stands above the figures until somebody says that it was read.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Panel } from "../../parts/bits";
import { ownAnnouncementsQuery } from "../../queries";
import { t } from "../../strings";
import { Announcement } from "./Announcement";

export function Announced({ partner }: { partner: string }) {
  const all = useQuery(ownAnnouncementsQuery(partner)).data?.announcements ?? [];
  const unread = all.filter((one) => one.read_at === null || one.read_at === undefined);
  const shown = unread.filter((one) => one.may_acknowledge.is_allowed);
  if (shown.length === 0) {
    return null;
  }
  return (
    <Panel
      title={t.announce.region}
      className="announced"
      actions={
        <Link to="/partners/$partner/announcements" params={{ partner }}>
          {t.announce.all}
        </Link>
      }
    >
      <ul className="plain-list announcements">
        {shown.map((one) => (
          <li key={one.id}>
            <Announcement partner={partner} announcement={one} heading="h3" />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
