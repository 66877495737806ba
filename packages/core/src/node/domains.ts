// Node's deprecated `domain` module keeps one stack of entered domains for the thread. Each
// greenlet gets a stack of its own: the domain it was spawned in, and above it what it has entered.

import type { Domain } from "node:domain";
import { EventEmitter } from "node:events";

/** What is known here of a greenlet. */
interface Domained {
  /** Those that it is in while it is parked; null before it has run, and where none are used. */
  domains: Domain[] | null;
  readonly resource: object;
  readonly dead: boolean;
  transfer(): void;
}

/** Undocumented members of the module, the same since Node 12. */
interface Domains {
  readonly _stack: Domain[];
}

interface Entered extends Domain {
  /** What Node calls with an uncaught error; answers whether a handler took it. */
  _errorHandler(error: unknown): boolean;
}

/** Node sets this when the module is first loaded; before that there is nothing to do. */
const emitter = EventEmitter as unknown as { readonly usingDomains: boolean };

/** Whether any greenlet needs `transferInItsDomains`. */
export function domainsAreUsed(): boolean {
  return emitter.usingDomains;
}

/** Runs the greenlet until it parks or ends, with its own stack of domains. */
export function transferInItsDomains(greenlet: Domained): void {
  const outer = exchange(greenlet.domains ?? spawnedIn(greenlet));
  try {
    greenlet.transfer();
  } finally {
    const left = exchange(outer);
    greenlet.domains = greenlet.dead ? null : left;
  }
}

/** Gives an error that nobody waits for to the domain it was thrown in; false if there is none. */
export function takenByDomain(error: unknown): boolean {
  if (!emitter.usingDomains) return false;
  const domain = (process as { domain?: Entered | null }).domain;
  return domain?._errorHandler(error) ?? false;
}

function spawnedIn({ resource }: Domained): Domain[] {
  const { domain } = resource as { domain?: Domain | null };
  return domain ? [domain] : [];
}

/**
 * Replaces the stack of entered domains, and returns the previous one. The last domain is entered
 * the usual way, which sets up the rest of Node's state.
 */
function exchange(next: readonly Domain[]): Domain[] {
  const { _stack: stack } = process.getBuiltinModule("node:domain") as unknown as Domains;
  const previous = stack.slice();
  const last = next.at(-1);
  if (last !== undefined) {
    stack.splice(0, stack.length, ...next.slice(0, -1));
    last.enter();
  } else if (previous[0] !== undefined) {
    stack.length = 1;
    previous[0].exit();
  }
  return previous;
}
