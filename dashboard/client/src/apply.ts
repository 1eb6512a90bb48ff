/** State + delta = state. Pure, and the whole of it; docs/asyncapi.yaml says the same in words. */

import type { Json, JsonObject } from "./protocol.ts";

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Return the state after a delta. Objects merge one level deep, anything else is replaced, then `removed` keys go.
 * The old state is left alone, and what did not change keeps its identity, so views can compare by reference.
 */
export function applyDelta(state: JsonObject, data: JsonObject, removed: readonly string[] = []): JsonObject {
  const next: JsonObject = { ...state };
  for (const [key, value] of Object.entries(data)) {
    const old = next[key];
    next[key] = isObject(value) && isObject(old) ? { ...old, ...value } : value;
  }
  for (const key of removed) {
    delete next[key];
  }
  return next;
}
