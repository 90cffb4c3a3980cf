// The one way to the API: typed by its description, refusals as words.
import createClient from "openapi-fetch";
import type { components, paths } from "./api/schema";

export type Wire = components["schemas"];

export const api = createClient<paths>({ baseUrl: "/" });

/** What the API said instead of an answer (RFC 9457). */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  /** What is wrong with which part of what was sent, by its JSON pointer. */
  readonly parts: ReadonlyMap<string, string>;

  constructor(
    status: number,
    problem: { code?: string; detail?: string; title?: string; errors?: { pointer: string; detail: string }[] },
    requestId: string | null,
  ) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.name = "Refusal";
    this.status = status;
    this.code = problem.code ?? "";
    this.requestId = requestId;
    this.parts = new Map((problem.errors ?? []).map((one) => [one.pointer, one.detail]));
  }
}

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Hands a file that was answered to the browser, by the name that the server gave it. */
export async function keptFile(asked: Promise<Answered<Blob>>, otherwise: string): Promise<string> {
  const answer = await asked;
  const file = await answered(Promise.resolve(answer));
  const said = /filename="([\w.-]+)"/.exec(answer.response.headers.get("content-disposition") ?? "");
  const name = said?.[1] ?? otherwise;
  keep(file, name);
  return name;
}

/** Hands a text to the browser as a file. */
export function keptText(text: string, name: string): void {
  keep(new Blob([text], { type: "text/plain;charset=utf-8" }), name);
}

function keep(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** The answer, or its refusal thrown. */
export async function answered<T>(asked: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (!response.ok) {
    const problem = typeof error === "object" && error !== null ? error : { detail: "" };
    throw new Refusal(response.status, problem, response.headers.get("x-request-id"));
  }
  return data as T;
}
