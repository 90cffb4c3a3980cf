// A text as it stands, byte for byte, that scrolls by mouse and keyboard.

export function Signed({ label, children }: { label: string; children: string }) {
  return (
    /* biome-ignore lint/a11y/useSemanticElements: a group that scrolls, and no set of fields */
    /* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */
    <div role="group" className="act-text" tabIndex={0} aria-label={label}>
      <pre>{children}</pre>
    </div>
  );
}
