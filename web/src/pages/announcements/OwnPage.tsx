// Everything that was announced to a partner, the latest first.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Page } from "../../parts/bits";
import { Answer, Empty } from "../../parts/States";
import { ownAnnouncementsQuery, partnerQuery } from "../../queries";
import { t } from "../../strings";
import { Announcement } from "./Announcement";

export function OwnAnnouncementsPage() {
  const { partner } = useParams({ from: "/shell/partners/$partner/announcements" });
  const announcements = useQuery(ownAnnouncementsQuery(partner));
  const named = useQuery(partnerQuery(partner));
  return (
    <Page
      title={t.announce.title}
      above={
        <Link to="/partners/$partner" params={{ partner }}>
          {named.data?.name ?? partner}
        </Link>
      }
    >
      <Answer of={announcements}>
        {({ announcements: all }) =>
          all.length === 0 ? (
            <Empty title={t.announce.noneForYou} />
          ) : (
            <ul className="plain-list threads">
              {all.map((one) => (
                <li key={one.id} className="panel thread">
                  <Announcement partner={partner} announcement={one} heading="h2" />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Page>
  );
}
