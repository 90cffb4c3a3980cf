// Open pages change when facts come in: the server's events make what is shown old, and what is on screen is asked again.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

/** How long after an event pages ask again, so that a burst of facts is one question. */
const SETTLE_MS = 400;

export function useLive(partner: string | null | undefined): boolean {
  const client = useQueryClient();
  const [isLive, setIsLive] = useState(false);
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
    source.onopen = () => setIsLive(true);
    source.onerror = () => setIsLive(false);
    source.addEventListener("changed", changed);
    return () => {
      clearTimeout(waiting);
      source.close();
      setIsLive(false);
    };
  }, [client, partner]);
  return isLive;
}
