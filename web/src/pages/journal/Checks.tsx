// Whether everything is whole, and whether a bundle holds: both in the words of the server.
import { Button, FileButton } from "@mantine/core";
import { IconCircleCheck, IconCircleX, IconFileSearch, IconShieldSearch } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { answered, api, Refusal } from "../../client";
import { withDays } from "../../format/dates";
import { Panel, Tag } from "../../parts/bits";
import { Signed } from "../../parts/Signed";
import { Refused } from "../../parts/States";
import { t } from "../../strings";

export function Whole() {
  const look = useMutation({ mutationFn: () => answered(api.POST("/v1/journal/check")) });
  return (
    <Panel title={t.journal.check} lead={t.journal.checkLead}>
      <Button
        variant="default"
        leftSection={<IconShieldSearch size={17} aria-hidden />}
        loading={look.isPending}
        onClick={() => look.mutate()}
      >
        {t.journal.checkGo}
      </Button>
      <Refused error={look.error} />
      {look.data ? (
        <div className="verdict" role="status">
          <Verdict
            isGood={look.data.is_whole}
            says={look.data.is_whole ? t.journal.whole : t.journal.notWhole(look.data.found.length)}
          />
          {[look.data.found, look.data.looked, look.data.notes].map((lines, at) =>
            lines.length > 0 ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: three lists that never move
              <ul key={at} className="verdict-lines">
                {lines.map((line) => (
                  <li key={line}>{withDays(line)}</li>
                ))}
              </ul>
            ) : null,
          )}
        </div>
      ) : null}
    </Panel>
  );
}

const BYTES_MAX = 32 * 1024 * 1024;

export function BundleCheck() {
  const check = useMutation({
    mutationFn: async (file: File) => {
      if (file.size > BYTES_MAX) {
        throw new Refusal(413, { detail: t.journal.tooLong }, null);
      }
      const verdict = await answered(
        api.POST("/v1/bundles/check", {
          body: await file.text(),
          bodySerializer: (text) => text,
          headers: { "content-type": "text/plain" },
        }),
      );
      return { verdict, name: file.name };
    },
  });
  return (
    <Panel title={t.journal.bundle} lead={t.journal.bundleLead}>
      <FileButton onChange={(file) => file && check.mutate(file)}>
        {(props) => (
          <Button
            {...props}
            variant="default"
            leftSection={<IconFileSearch size={17} aria-hidden />}
            loading={check.isPending}
          >
            {t.journal.bundleGo}
          </Button>
        )}
      </FileButton>
      <Refused error={check.error} />
      {check.data ? (
        <div className="verdict" role="status">
          <Verdict
            isGood={check.data.verdict.holds}
            says={(check.data.verdict.holds ? t.journal.bundleHolds : t.journal.bundleFails)(check.data.name)}
          />
          <Signed label={t.journal.bundle}>{check.data.verdict.says}</Signed>
        </div>
      ) : null}
    </Panel>
  );
}

function Verdict({ isGood, says }: { isGood: boolean; says: string }) {
  return (
    <p>
      <Tag
        tone={isGood ? "good" : "bad"}
        icon={isGood ? <IconCircleCheck size={14} aria-hidden /> : <IconCircleX size={14} aria-hidden />}
      >
        {says}
      </Tag>
    </p>
  );
}
