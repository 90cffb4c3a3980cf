// Open pages change when facts come in: the server's events make what is shown old, and what is on screen is asked again.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

/** How long after an event pages ask again, so that a burst of facts is one question. */
const SETTLE_MS = 400;

/** Told as it happens; not told for now, and tried again; or never told, since whoever asks may not listen. */
export type Liveness = "live" | "broken" | "none";

export function useLive(partner: string | null | undefined): Liveness {
  const client = useQueryClient();
  const [liveness, setLiveness] = useState<Liveness>("none");
  useEffect(() => {
    // The browser comes back by itself after a break, with the id of the last event it had.
    const source = new EventSource(partner ? `/v1/events?partner=${encodeURIComponent(partner)}` : "/v1/events");
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const changed = () => {
      waiting ??= setTimeout(() => {
        waiting = undefined;
        void client.invalidateQueries({ queryKey: ["figures"] });
      }, SETTLE_MS);
    };
    source.onopen = () => setLiveness("live");
    // A refusal closes it for good; after a break it comes back.
    source.onerror = () => setLiveness(source.readyState === EventSource.CLOSED ? "none" : "broken");
    source.addEventListener("changed", changed);
    return () => {
      clearTimeout(waiting);
      source.close();
      setLiveness("none");
    };
  }, [client, partner]);
  return liveness;
}
