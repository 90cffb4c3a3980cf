// A statement to keep: as a document, as lines, as a bundle that anyone can verify, and how that is done.
import { Button, Menu } from "@mantine/core";
import {
  IconDownload,
  IconFileTypeCsv,
  IconFileTypePdf,
  IconFileTypeXls,
  IconKey,
  IconPrinter,
  IconRosetteDiscountCheck,
  IconShieldCheck,
} from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, keptFile } from "../../client";
import { Question } from "../../parts/Question";
import { Refused } from "../../parts/States";
import { t } from "../../strings";
import type { Statement } from "../../wire";
import { downloadLines } from "./lines";

type Paper = "pdf" | "xlsx" | "bundle" | "key";

const WORDS: Record<Paper, string> = {
  pdf: t.statement.pdf,
  xlsx: t.statement.xlsx,
  bundle: t.statement.bundle,
  key: t.verify.key,
};

function useFiles(statement: Statement) {
  const path = { partner: statement.partner, period: statement.period };
  const named = (ending: string) => `statement-${path.partner}-${path.period}.${ending}`;
  return useMutation({
    mutationFn: (paper: Paper) => {
      switch (paper) {
        case "bundle":
          return keptFile(
            api.POST("/v1/partners/{partner}/statements/{period}/bundle", { params: { path }, parseAs: "blob" }),
            named("bundle"),
          );
        case "key":
          return keptFile(api.GET("/v1/vendor-key", { parseAs: "blob" }), "vendor.key");
        default:
          return keptFile(
            api.GET("/v1/partners/{partner}/statements/{period}/document/{paper}", {
              params: { path: { ...path, paper } },
              parseAs: "blob",
            }),
            named(paper),
          );
      }
    },
  });
}

export function Downloads({ statement }: { statement: Statement }) {
  const [isHow, setHow] = useState(false);
  const files = useFiles(statement);
  const isClosed = statement.standing === "closed";
  return (
    <>
      <Menu position="bottom-end" width={240}>
        <Menu.Target>
          <Button variant="default" loading={files.isPending} leftSection={<IconDownload size={17} aria-hidden />}>
            {t.statement.download}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconFileTypePdf size={17} />} onClick={() => files.mutate("pdf")}>
            {t.statement.pdf}
          </Menu.Item>
          <Menu.Item leftSection={<IconFileTypeXls size={17} />} onClick={() => files.mutate("xlsx")}>
            {t.statement.xlsx}
          </Menu.Item>
          <Menu.Item leftSection={<IconFileTypeCsv size={17} />} onClick={() => downloadLines(statement)}>
            {t.statement.csv}
          </Menu.Item>
          <Menu.Item leftSection={<IconPrinter size={17} />} onClick={() => window.print()}>
            {t.statement.print}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconRosetteDiscountCheck size={17} />}
            disabled={!isClosed}
            onClick={() => files.mutate("bundle")}
          >
            {t.statement.bundle}
            {isClosed ? null : <span className="block quiet">{t.statement.bundleNot}</span>}
          </Menu.Item>
          <Menu.Item leftSection={<IconShieldCheck size={17} />} onClick={() => setHow(true)}>
            {t.statement.howToVerify}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Question title={t.verify.title} isOpen={isHow} onClose={() => setHow(false)} size="lg">
        <div className="form">
          <p>{t.verify.lead}</p>
          <ol className="verify-steps">
            {t.verify.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          <pre className="command">{t.verify.command(`statement-${statement.partner}-${statement.period}.bundle`)}</pre>
          <Said files={files} />
          <div className="form-actions">
            <Button
              leftSection={<IconRosetteDiscountCheck size={17} aria-hidden />}
              disabled={!isClosed || files.isPending}
              onClick={() => files.mutate("bundle")}
            >
              {t.verify.bundle}
            </Button>
            <Button
              variant="default"
              leftSection={<IconKey size={17} aria-hidden />}
              disabled={files.isPending}
              onClick={() => files.mutate("key")}
            >
              {t.verify.key}
            </Button>
            <Button variant="subtle" onClick={() => setHow(false)}>
              {t.verify.close}
            </Button>
          </div>
        </div>
      </Question>
      {isHow ? null : <Said files={files} />}
    </>
  );
}

/** What became of the file that was asked for. */
function Said({ files }: { files: ReturnType<typeof useFiles> }) {
  return (
    <div className="downloads-said" role="status">
      {files.isPending && files.variables ? (
        <p className="quiet">{t.statement.writing(WORDS[files.variables])}</p>
      ) : null}
      {files.data && !files.isPending ? <p className="quiet">{t.statement.written(files.data)}</p> : null}
      <Refused error={files.error} />
    </div>
  );
}
