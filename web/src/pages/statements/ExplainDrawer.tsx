// Why a line posts what it posts: plain words first, then the sum, the tree, the rows, the clause; and the way to object.
import { Drawer, Switch } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Wire } from "../../client";
import { withDays } from "../../format/dates";
import { figureText } from "../../format/figure";
import { Notes, Tag } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { Answer } from "../../parts/States";
import { explanationQuery } from "../../queries";
import { t } from "../../strings";
import type { Line } from "../../wire";
import { DisputeForm } from "./DisputeForm";
import { isMoney } from "./lines";
import { Tree } from "./Tree";

interface Props {
  partner: string;
  period: string;
  line: Line | undefined;
  onClose: () => void;
}

export function ExplainDrawer({ partner, period, line, onClose }: Props) {
  return (
    <Drawer.Root
      opened={line !== undefined}
      onClose={onClose}
      position="right"
      size={660}
      lockScroll={false}
      classNames={{ overlay: "drawer-over", content: "drawer", title: "drawer-title", body: "drawer-body" }}
    >
      <Drawer.Overlay />
      <Drawer.Content>
        {/* No header element: a page has one banner, and this is none. */}
        <div className="drawer-head">
          <Drawer.Title>{line ? line.is || line.component : ""}</Drawer.Title>
          <Drawer.CloseButton aria-label={t.explain.close} />
        </div>
        <Drawer.Body>{line ? <Why key={line.id} partner={partner} period={period} line={line} /> : null}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}

function Why({ partner, period, line }: { partner: string; period: string; line: Line }) {
  const [withRows, setWithRows] = useState(false);
  const explanation = useQuery({
    ...explanationQuery(partner, period, line.id, withRows),
    placeholderData: keepPreviousData,
  });
  return (
    <Answer of={explanation} rows={6}>
      {(one) => (
        <>
          <Sum line={line} explained={one} />
          <Notes notes={one.notes} />
          <section className="why-words" aria-label={t.explain.inWords}>
            <h3>{t.explain.inWords}</h3>
            {one.words.map((sentence) => (
              <p key={sentence}>{sentence}</p>
            ))}
          </section>
          {line.objectives.length > 0 ? (
            <p className="serves">
              <span className="quiet">{t.explain.objectives}</span>
              {line.objectives.map((goal) => (
                <Tag key={goal} tone="good">
                  {goal}
                </Tag>
              ))}
            </p>
          ) : null}
          <section aria-label={t.explain.tree}>
            <div className="why-head">
              <div>
                <h3>{t.explain.tree}</h3>
                <p className="quiet">{t.explain.treeLead}</p>
              </div>
              <Switch
                label={t.explain.rows}
                checked={withRows}
                onChange={(event) => setWithRows(event.currentTarget.checked)}
                disabled={explanation.isFetching}
              />
            </div>
            <Tree root={one.tree} />
          </section>
          <section aria-label={t.explain.clause}>
            <h3>{t.explain.clause}</h3>
            <p className="quiet mono">{t.explain.clauseLead(one.clause.file, one.clause.line)}</p>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
            <pre className="clause" tabIndex={0}>
              {one.clause.text}
            </pre>
          </section>
          <Payment line={line} />
          <DisputeForm partner={partner} line={line} />
        </>
      )}
    </Answer>
  );
}

function Sum({ line, explained }: { line: Line; explained: Wire["LineExplanation"] }) {
  const shown = (value: string | null | undefined) =>
    isMoney(line) ? <Money value={value} currency={explained.currency} none={t.explain.noAnswer} /> : (value ?? "–");
  return (
    <dl className="sum" aria-label={t.explain.sum}>
      <div>
        <dt>{t.explain.toDate}</dt>
        <dd>{shown(explained.to_date)}</dd>
      </div>
      <div>
        <dt>{t.explain.before}</dt>
        <dd>{shown(explained.before)}</dd>
      </div>
      <div className="sum-total">
        <dt>{t.explain.posted}</dt>
        <dd>{shown(explained.posted)}</dd>
      </div>
      {explained.since ? (
        <div className="sum-since">
          <dt>{t.explain.since}</dt>
          <dd>{figureText(explained.since)}</dd>
        </div>
      ) : null}
    </dl>
  );
}

function Payment({ line }: { line: Line }) {
  return (
    <section aria-label={t.explain.paid}>
      <h3>{t.explain.paid}</h3>
      {line.paid.length === 0 ? <p className="quiet">{t.explain.nothingPaid}</p> : null}
      <dl className="figures">
        {line.paid.map((one) => (
          <div key={`${one.what} ${one.money.amount}`}>
            <dt>{withDays(one.what)}</dt>
            <dd>
              <Money value={one.money.amount} currency={one.money.currency} />
            </dd>
          </div>
        ))}
      </dl>
      <p className="quiet">{line.route ? t.statement.route(line.route) : t.statement.noRoute}</p>
    </section>
  );
}
