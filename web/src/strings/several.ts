import { countText } from "../format/money";

/** A count with the word for one or for many. */
export const several = (count: number, one: string, many: string) => `${countText(count)} ${count === 1 ? one : many}`;
