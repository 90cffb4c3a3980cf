// One announcement as a partner reads it, and saying that it was read.
import { Button } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { answered, api } from "../../client";
import { whenText } from "../../format/dates";
import { RefusedKey, SignsElsewhere, taken, useSigning } from "../../parts/OwnKey";
import { useFiguresAreOld } from "../../queries";
import { t } from "../../strings";
import type { PartnerAnnouncement } from "../../wire";

export function Announcement({
  partner,
  announcement,
  heading: Heading,
}: {
  partner: string;
  announcement: PartnerAnnouncement;
  heading: "h2" | "h3";
}) {
  const areOld = useFiguresAreOld();
  const signing = useSigning(partner);
  const acknowledge = useMutation({
    mutationFn: () =>
      taken(signing, { does: "acknowledge_announcement", announcement: announcement.id }, () =>
        answered(
          api.POST("/v1/partners/{partner}/announcements/{announcement}/acknowledge", {
            params: { path: { partner, announcement: announcement.id } },
          }),
        ),
      ),
    onSuccess: areOld,
  });
  const may = announcement.may_acknowledge;
  return (
    <article className="announcement" aria-label={announcement.title}>
      <div className="announcement-says">
        <Heading>{announcement.title}</Heading>
        <p className="quiet">{whenText(announcement.made_at)}</p>
        <p className="pre">{announcement.text}</p>
      </div>
      {announcement.read_at ? (
        <p className="quiet announcement-read">
          <IconCheck size={15} aria-hidden /> {t.announce.readAt(whenText(announcement.read_at))}
        </p>
      ) : may.is_allowed && signing.by === "elsewhere" ? (
        <SignsElsewhere partner={partner} signing={signing} />
      ) : may.is_allowed ? (
        <div className="announcement-do">
          <Button
            loading={acknowledge.isPending}
            disabled={signing.by === "unknown"}
            onClick={() => acknowledge.mutate()}
            leftSection={<IconCheck size={16} aria-hidden />}
          >
            {t.announce.acknowledge}
          </Button>
        </div>
      ) : (
        <p className="quiet why-not">{may.why_not}</p>
      )}
      <RefusedKey error={acknowledge.error} />
    </article>
  );
}
