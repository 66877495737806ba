/**
 * Gives `fn` all properties of `model`, its name and length included, except the prototype plain
 * functions have.
 */
export function mimic<F extends object>(fn: F, model: object): F {
  for (const key of Reflect.ownKeys(model)) {
    if (key === "prototype") continue;
    Object.defineProperty(
      fn,
      key,
      Object.getOwnPropertyDescriptor(model, key) as PropertyDescriptor,
    );
  }
  return fn;
}
