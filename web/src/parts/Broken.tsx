import { Component, type ErrorInfo, type ReactNode } from "react";
import { t } from "../strings";

/** Catches what a page threw while it was drawn, so that the frame stays and says so. */
export class Boundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidCatch(error: Error, info: ErrorInfo) {
    console.error(error, info.componentStack);
  }

  override render() {
    return this.state.error ? <Broken error={this.state.error} /> : this.props.children;
  }
}

export function Broken({ error }: { error: Error }) {
  return (
    <main className="broken">
      <h1>{t.app.error.title}</h1>
      <p>{t.app.error.lead}</p>
      <p className="mono quiet">{error.message}</p>
      <button type="button" className="button" onClick={() => window.location.reload()}>
        {t.app.error.reload}
      </button>
    </main>
  );
}
