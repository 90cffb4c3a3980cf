// Texts as bytes, and bytes as texts.

export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

export function ascii(from: Uint8Array): string {
  return new TextDecoder().decode(from);
}

export function base64(from: Uint8Array): string {
  return btoa(String.fromCharCode(...from));
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const letters = atob(text);
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}

export function hex(from: Uint8Array): string {
  return Array.from(from, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
