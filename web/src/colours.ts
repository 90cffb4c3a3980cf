// Light, dark, or as the system: kept in the browser, set on the document before the first paint by scheme.js.
import { useMantineColorScheme } from "@mantine/core";

export const COLOURS_KEY = "trueup-colours";
export type Colours = "light" | "dark" | "auto";

export function useColours(): [Colours, (colours: Colours) => void] {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return [colorScheme, setColorScheme];
}
