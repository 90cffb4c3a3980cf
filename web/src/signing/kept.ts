// Where this browser keeps keys: a database of its own, which other sites can't open. What lies there can sign and not be read.
import type { HeldKey } from "./key";

const STORE = "keys";

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("trueup", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "key" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function done<T>(mode: IDBTransactionMode, ask: (keys: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const asked = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(transaction.error);
      transaction.onerror = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** A key by its text, if this browser has it. */
export async function heldKey(key: string): Promise<HeldKey | null> {
  const found: HeldKey | undefined = await done("readonly", (keys) => keys.get(key));
  return found ?? null;
}

/** Keeps a key, and asks the browser not to clear it away by itself. */
export async function keepKey(held: HeldKey): Promise<void> {
  await done("readwrite", (keys) => keys.put(held));
  await navigator.storage?.persist?.();
}

export async function dropKey(key: string): Promise<void> {
  await done("readwrite", (keys) => keys.delete(key));
}
