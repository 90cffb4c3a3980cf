// Whose key signs for a partner, and what is said where this browser doesn't have it.
import { IconKey } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Refusal } from "../client";
import { partnerKeysQuery, sessionQuery } from "../queries";
import { heldKey } from "../signing/kept";
import { idOf, KeyTrouble } from "../signing/key";
import { type Signer, takeStep } from "../signing/step";
import { t } from "../strings";
import type { PartnerStep } from "../wire";

/** How somebody signs in a partner's name. */
export type Signing =
  | { by: "unknown" }
  /** By the server, with a key that it keeps; or in the vendor's name. */
  | { by: "server" }
  /** Here. */
  | { by: "here"; signer: Signer }
  /** With the partner's own key, which this browser does not have. */
  | { by: "elsewhere"; key: string };

/** The query under which it is kept whether this browser has a key. */
export const heldKeyOf = (key: string) => ["held-key", key];

export function useSigning(partner: string): Signing {
  const session = useQuery(sessionQuery).data;
  // Whoever acts for the vendor has nothing to do with a partner's key.
  const isOwn = session?.partner === partner;
  const keys = useQuery({ ...partnerKeysQuery(partner), enabled: isOwn });
  const own = keys.data?.keys.find((one) => one.signs_now && !one.is_custodial);
  const held = useQuery({
    queryKey: heldKeyOf(own?.key ?? ""),
    queryFn: () => heldKey(own?.key ?? ""),
    enabled: own !== undefined,
    structuralSharing: false,
    retry: false,
  });
  // Where it cannot be said whose key it is, the server says what it can sign.
  if (session && (!isOwn || keys.isError || (keys.data && !own))) {
    return { by: "server" };
  }
  if (session && held.data) {
    return { by: "here", signer: { partner, person: session.person, held: held.data } };
  }
  if (own && held.isFetched) {
    return { by: "elsewhere", key: own.key };
  }
  return { by: "unknown" };
}

/** Takes a step in a partner's name: signed here where the key is, else as the server does it. */
export async function taken(
  signing: Signing,
  step: PartnerStep,
  byServer: () => Promise<unknown>,
  seal?: string,
): Promise<unknown> {
  return signing.by === "here" ? takeStep(signing.signer, step, seal) : byServer();
}

/** Says with which key it is signed, where that is the partner's own. */
export function SignedHere({ signing }: { signing: Signing }) {
  return signing.by === "here" ? (
    <p className="signed-here">
      <IconKey size={16} aria-hidden />
      <span>{t.signing.here(idOf(signing.signer.held.key))}</span>
    </p>
  ) : null;
}

/** Where the key is elsewhere: which one it is, and the way to bring it. */
export function SignsElsewhere({ partner, signing }: { partner: string; signing: Signing }) {
  return signing.by === "elsewhere" ? (
    <p className="signed-here">
      <IconKey size={16} aria-hidden />
      <span>
        {t.signing.elsewhere(idOf(signing.key))}{" "}
        <Link to="/partners/$partner/key" params={{ partner }}>
          {t.signing.bringIt}
        </Link>
      </span>
    </p>
  ) : null;
}

/** What a step with a key came to, where it was refused here or by the server. */
export function RefusedKey({ error }: { error: Error | null }) {
  if (!error) {
    return null;
  }
  const words = error instanceof KeyTrouble ? t.signing.trouble[error.why] : error.message;
  return (
    <p className="refused" role="alert">
      {error instanceof Refusal || error instanceof KeyTrouble ? words : t.state.offline}
    </p>
  );
}

/** Makes it old whether this browser has a key. */
export function useKeysAreOld(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await client.invalidateQueries({ queryKey: ["held-key"] });
    await client.invalidateQueries({ queryKey: ["figures"] });
  };
}
