// Who signs in a partner's name: a key that the server keeps, or one of its own, made and kept in the browser.
import { Button, Checkbox, FileInput, PasswordInput } from "@mantine/core";
import { IconKey, IconServer, IconShieldCheck } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api, keptText } from "../../client";
import { countText } from "../../format/money";
import { Page, Panel, Tag } from "../../parts/bits";
import { RefusedKey, type Signing, useKeysAreOld, useSigning } from "../../parts/OwnKey";
import { Question } from "../../parts/Question";
import { Signed } from "../../parts/Signed";
import { Answer } from "../../parts/States";
import { WhyNot } from "../../parts/Steps";
import { partnerKeysQuery, partnerQuery } from "../../queries";
import { dropKey, keepKey } from "../../signing/kept";
import { fromBackup, idOf, makeKey } from "../../signing/key";
import { t } from "../../strings";
import type { PartnerKeys } from "../../wire";

const PASSPHRASE_LEAST = 12;

export function KeyPage() {
  const { partner } = useParams({ from: "/shell/partners/$partner/key" });
  const keys = useQuery(partnerKeysQuery(partner));
  const named = useQuery(partnerQuery(partner));
  const signing = useSigning(partner);
  const [said, setSaid] = useState<string[]>([]);
  return (
    <Page
      above={
        <Link to="/partners/$partner" params={{ partner }}>
          {named.data?.name ?? partner}
        </Link>
      }
      title={t.signing.title}
      lead={t.signing.lead}
    >
      <Answer of={keys}>
        {(all) => (
          <>
            {said.length > 0 ? (
              <div className="done" role="status">
                {said.map((line) => (
                  <p key={line}>{line}</p>
                ))}
              </div>
            ) : null}
            <Who keys={all} signing={signing} onSaid={setSaid} />
            {all.may_hold.is_allowed ? <Make keys={all} onSaid={setSaid} /> : null}
            {signing.by === "elsewhere" ? <Bring wanted={signing.key} onSaid={setSaid} /> : null}
            {all.keys.length > 0 ? <History keys={all} /> : null}
          </>
        )}
      </Answer>
    </Page>
  );
}

type OnSaid = (lines: string[]) => void;

function Who({ keys, signing, onSaid }: { keys: PartnerKeys; signing: Signing; onSaid: OnSaid }) {
  const now = keys.keys.find((one) => one.signs_now);
  const isHere = signing.by === "here";
  const [title, lead, icon] = !now
    ? [t.signing.nobody, t.signing.nobodyMeans, <IconServer key="icon" size={22} />]
    : now.is_custodial
      ? [t.signing.custodial, t.signing.custodialMeans, <IconServer key="icon" size={22} />]
      : [
          t.signing.own(now.id),
          isHere ? t.signing.ownHere : t.signing.ownElsewhere,
          <IconShieldCheck key="icon" size={22} />,
        ];
  return (
    <Panel title={t.signing.who}>
      <div className={`signs ${now && !now.is_custodial ? "signs-own" : ""}`}>
        <span className="signs-icon" aria-hidden>
          {icon}
        </span>
        <div>
          <p className="signs-title">{title}</p>
          <p className="quiet">{lead}</p>
          {now && !keys.may_hold.is_allowed && now.is_custodial ? <WhyNot may={keys.may_hold} /> : null}
        </div>
        {isHere ? <Drop held={signing.signer.held.key} onSaid={onSaid} /> : null}
      </div>
    </Panel>
  );
}

function Make({ keys, onSaid }: { keys: PartnerKeys; onSaid: OnSaid }) {
  const areOld = useKeysAreOld();
  const [hasBackup, setHasBackup] = useState(true);
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const make = useMutation({
    mutationFn: async () => {
      const { held, request, backup } = await makeKey(keys.key_name, hasBackup ? passphrase : undefined);
      const id = idOf(held.key);
      const file = `${keys.key_name.replaceAll("/", "-")}-${id}.backup.json`;
      // It is kept before the vendor takes it: a key that counts and is nowhere would lock the company out.
      await keepKey(held);
      if (backup !== undefined) {
        keptText(backup, file);
      }
      try {
        const body = { request };
        await answered(api.POST("/v1/partners/{partner}/keys", { params: { path: { partner: keys.partner } }, body }));
      } catch (error) {
        await dropKey(held.key);
        throw error;
      }
      return backup === undefined ? [t.signing.made(id)] : [t.signing.made(id), t.signing.saved(file)];
    },
    onSuccess: async (lines) => {
      onSaid(lines);
      await areOld();
    },
  });
  const differs = again !== "" && again !== passphrase;
  return (
    <Panel title={t.signing.make} lead={t.signing.makeLead}>
      <ul className="told-list">
        {t.signing.makeMeans.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <form
        className="form key-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!hasBackup || passphrase === again) {
            make.mutate();
          }
        }}
      >
        <Checkbox
          label={t.signing.withBackup}
          description={hasBackup ? t.signing.withBackupHelp : t.signing.withoutBackup}
          checked={hasBackup}
          onChange={(event) => setHasBackup(event.currentTarget.checked)}
        />
        {hasBackup ? (
          <>
            <PasswordInput
              label={t.signing.passphrase}
              description={t.signing.passphraseHelp}
              value={passphrase}
              onChange={(event) => setPassphrase(event.currentTarget.value)}
              minLength={PASSPHRASE_LEAST}
              autoComplete="new-password"
              required
              withAsterisk={false}
            />
            <PasswordInput
              label={t.signing.again}
              value={again}
              onChange={(event) => setAgain(event.currentTarget.value)}
              error={differs ? t.signing.differs : undefined}
              autoComplete="new-password"
              required
              withAsterisk={false}
            />
          </>
        ) : null}
        <RefusedKey error={make.error} />
        <div className="form-actions">
          <Button type="submit" loading={make.isPending} leftSection={<IconKey size={16} aria-hidden />}>
            {t.signing.go}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function Bring({ wanted, onSaid }: { wanted: string; onSaid: OnSaid }) {
  const areOld = useKeysAreOld();
  const [file, setFile] = useState<File | null>(null);
  const [passphrase, setPassphrase] = useState("");
  const bring = useMutation({
    mutationFn: async () => keepKey(await fromBackup((await file?.text()) ?? "", passphrase, wanted)),
    onSuccess: async () => {
      onSaid([t.signing.brought]);
      await areOld();
    },
  });
  return (
    <Panel title={t.signing.bring} lead={t.signing.bringLead}>
      <form
        className="form key-form"
        onSubmit={(event) => {
          event.preventDefault();
          bring.mutate();
        }}
      >
        <FileInput
          label={t.signing.file}
          placeholder={t.signing.fileChoose}
          value={file}
          onChange={setFile}
          accept="application/json,.json"
          required
          withAsterisk={false}
        />
        <PasswordInput
          label={t.signing.passphrase}
          value={passphrase}
          onChange={(event) => setPassphrase(event.currentTarget.value)}
          autoComplete="off"
          required
          withAsterisk={false}
        />
        <RefusedKey error={bring.error} />
        <div className="form-actions">
          <Button type="submit" loading={bring.isPending}>
            {t.signing.bringGo}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function Drop({ held, onSaid }: { held: string; onSaid: OnSaid }) {
  const areOld = useKeysAreOld();
  const [isAsked, setAsked] = useState(false);
  const drop = useMutation({
    mutationFn: () => dropKey(held),
    onSuccess: async () => {
      setAsked(false);
      onSaid([]);
      await areOld();
    },
  });
  return (
    <>
      <Button variant="default" onClick={() => setAsked(true)}>
        {t.signing.drop}
      </Button>
      <Question title={t.signing.dropTitle} isOpen={isAsked} onClose={() => setAsked(false)}>
        <div className="form">
          <p>{t.signing.dropMeans}</p>
          <RefusedKey error={drop.error} />
          <div className="form-actions">
            <Button color="red" loading={drop.isPending} onClick={() => drop.mutate()}>
              {t.signing.dropGo}
            </Button>
            <Button variant="default" onClick={() => setAsked(false)} data-autofocus>
              {t.close.cancel}
            </Button>
          </div>
        </div>
      </Question>
    </>
  );
}

function History({ keys }: { keys: PartnerKeys }) {
  return (
    <Panel title={t.signing.list} lead={t.signing.listLead}>
      <ul className="waits">
        {keys.keys.map((one) => (
          <li key={one.key}>
            {one.is_custodial ? <IconServer size={16} aria-hidden /> : <IconKey size={16} aria-hidden />}
            <div className="key-told">
              <p>
                <strong className="mono">{one.id}</strong>{" "}
                {one.is_custodial ? t.signing.kinds.custodial : t.signing.kinds.own},{" "}
                {t.signing.since(countText(one.added_at))}
                {one.retired_at == null ? null : ` ${t.signing.until(countText(one.retired_at))}`}
              </p>
              <details>
                <summary>{t.signing.public}</summary>
                <Signed label={t.signing.public}>{one.key}</Signed>
              </details>
            </div>
            {one.signs_now ? (
              <Tag tone="good">{t.signing.signsNow}</Tag>
            ) : one.retired_at == null ? null : (
              <Tag>{t.signing.retired}</Tag>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
