import Markdown from "markdown-to-jsx";

/** The plan in plain words. They come as Markdown; what looks like HTML in it stays text. */
export function Words({ markdown }: { markdown: string }) {
  return (
    <Markdown className="words" options={{ disableParsingRawHTML: true, forceBlock: true, overrides: HEADS }}>
      {markdown}
    </Markdown>
  );
}

// The page has its one first heading; those of the words stand below it.
const HEADS = {
  h1: { component: "h2" as const },
  h2: { component: "h3" as const },
  h3: { component: "h4" as const },
  h4: { component: "h5" as const },
};
