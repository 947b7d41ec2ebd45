/** Freezes plain data all the way down, so that a slip that writes to the configuration throws where it happens. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  // Freezing does not stop Map.set and Set.add: their types, ReadonlyMap and ReadonlySet, do.
  const inner: Iterable<unknown> = value instanceof Map || value instanceof Set ? value.values() : Object.values(value);
  for (const part of inner) deepFreeze(part);
  return value;
}
