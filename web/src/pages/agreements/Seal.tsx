// What both sides sign, as it is signed: the lines themselves, and for each text whether it is the one whose digest stands there.
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Signed } from "../../parts/Signed";
import { sha256 } from "../../signing/key";
import { t } from "../../strings";
import type { TextToSign } from "../../wire";

export interface Checked {
  path: string;
  digest: string;
  /** Whether the text that was handed out has the digest that is signed; none where none was handed out. */
  holds: boolean | undefined;
  text: string;
}

/** Each text of a seal with its digest, and whether what was handed out is that text. */
export async function checked(seal: TextToSign): Promise<Checked[]> {
  const handed = new Map(seal.texts.map((one) => [one.path, one.text]));
  const lines = seal.text.split("\n").filter((line) => line.startsWith("text "));
  return Promise.all(
    lines.map(async (line) => {
      const at = line.lastIndexOf(" ");
      const [path, digest] = [line.slice("text ".length, at), line.slice(at + 1)];
      const text = handed.get(path);
      const holds = text === undefined ? undefined : (await sha256(text)) === digest;
      return { path, digest, holds, text: text ?? "" };
    }),
  );
}

export function useChecked(seal: TextToSign | undefined) {
  return useQuery({
    queryKey: ["seal", seal?.text ?? ""],
    queryFn: () => (seal ? checked(seal) : []),
    enabled: seal !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function Seal({ seal, texts }: { seal: TextToSign; texts: readonly Checked[] }) {
  return (
    <section className="seal" aria-label={t.signing.seal}>
      <h3>{t.signing.seal}</h3>
      <p className="quiet">{t.signing.sealLead}</p>
      <Signed label={t.signing.seal}>{seal.text}</Signed>
      {texts.some((one) => one.holds === false) ? (
        <p className="refused" role="alert">
          {t.signing.mismatch}
        </p>
      ) : null}
      <ul className="plain-list seal-texts">
        {texts.map((one) => (
          <li key={one.path}>
            <details>
              <summary>
                <Mark holds={one.holds} />
                <span className="mono">{one.path}</span>{" "}
                <span className="quiet">
                  {one.holds === undefined ? t.signing.notHanded : one.holds ? t.signing.holds : t.signing.holdsNot}
                </span>
              </summary>
              {one.text ? <Signed label={one.path}>{one.text}</Signed> : null}
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Mark({ holds }: { holds: boolean | undefined }) {
  if (holds === undefined) {
    return <IconCircleDashed size={16} aria-hidden />;
  }
  return holds ? (
    <IconCircleCheck size={16} className="seal-holds" aria-hidden />
  ) : (
    <IconAlertTriangle size={16} className="seal-not" aria-hidden />
  );
}
