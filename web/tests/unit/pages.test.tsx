import { Text } from "@codemirror/state";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { groupsOf } from "../../src/pages/overview/Bands";
import { diagnosticsOf } from "../../src/pages/plans/Editor";
import { Money } from "../../src/parts/Money";
import { placesOf } from "../../src/parts/Shell";
import { compareCells } from "../../src/parts/Table";
import { Words } from "../../src/parts/Words";
import { inside } from "../../src/routes";
import type { Session } from "../../src/wire";

test("after signing on one goes only to a page of this app", () => {
  const tried = ["/close", "//evil.example", "/\\evil.example", "https://evil.example", "/sign-on", 7, undefined];
  expect(tried.map(inside)).toEqual(["/close", undefined, undefined, undefined, undefined, undefined, undefined]);
});

test("cells are sorted as amounts where they are amounts, and as words with their numbers else", () => {
  expect(["10.00", "9.50", "", "-3"].toSorted(compareCells)).toEqual(["", "-3", "9.50", "10.00"]);
  expect(["FY2013-Q10", "FY2013-Q2"].toSorted(compareCells)).toEqual(["FY2013-Q2", "FY2013-Q10"]);
});

test("the ways one can go are those the API opens", () => {
  const session = {
    partner: null,
    screens: [
      { screen: "overview", is_allowed: true },
      { screen: "partners", is_allowed: false, why_not: "no" },
      { screen: "people", is_allowed: true },
    ],
  } as unknown as Session;
  expect(placesOf(session).map((place) => place.to)).toEqual(["/overview", "/people"]);
  const partner = { partner: "A B/7", screens: [] } as unknown as Session;
  expect(placesOf(partner).map((place) => place.to)).toEqual([
    "/partners/A%20B%2F7",
    "/partners/A%20B%2F7/statements",
    "/partners/A%20B%2F7/payments",
    "/partners/A%20B%2F7/agreement",
  ]);
});

test("no answer is no zero", () => {
  expect(renderToStaticMarkup(<Money value={null} currency="USD" none="No figure yet" />)).toContain("No figure yet");
  expect(renderToStaticMarkup(<Money value="0.00" currency="USD" bare />)).toContain("0.00");
});

test("a finding stands at its characters, counted as the server counts them, and never behind the text", () => {
  const text = Text.of(["a: 'é𝄞'", "b: 1"]);
  const finding = (line: number, column: number, endColumn: number) => ({
    code: "X1",
    severity: "error" as const,
    says: "wrong",
    place: { file: "p.yaml", line, column, end_line: line, end_column: endColumn },
  });
  // The clef is one character and two units.
  expect(diagnosticsOf(text, [finding(1, 7, 8)])).toMatchObject([{ from: 7, to: 8, severity: "error" }]);
  expect(diagnosticsOf(text, [finding(9, 90, 99)])).toMatchObject([{ from: 13, to: 13 }]);
});

test("what looks like HTML in a plan's words stays text", () => {
  const page = renderToStaticMarkup(
    <Words markdown={'# Plan\n\n<img src=x onerror="alert(1)"> and [x](javascript:alert(1))'} />,
  );
  expect(page).not.toContain("<img");
  expect(page).not.toContain("javascript:");
  expect(page).toContain("<h2");
});

test("bands are gathered by plan, component and table", () => {
  const band = (component: string, name: string) => ({ plan: "p", component, table: "t", band: name, partners: 1 });
  const groups = groupsOf([band("a", "x"), band("a", "y"), band("b", "x")]);
  expect(groups.map((group) => group.bands.length)).toEqual([2, 1]);
});
