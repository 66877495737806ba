// What Node keeps of the asynchronous context outside V8: a stack of async ids and resources, which
// callbacks and AsyncResource.runInAsyncScope push and pop. It belongs to the thread, not to a
// stack.
//
// The hub resumes each greenlet inside a scope of the greenlet's own resource, on the root stack.
// So pushes and pops pair there. Two cases are left. When a greenlet parks inside further scopes,
// their entries lie on top of the root's: `lift` takes them off, and `putBack` returns them when
// the greenlet goes on. When a greenlet hands over to another one without the hub, `replace` puts
// the other's entry in place of its own.

import { AsyncResource, executionAsyncId } from "node:async_hooks";
import { GreenlitError } from "@greenlit/switcher";
import { scopesOf } from "./scopes.js";

/** The entries of the scopes a greenlet is parked in, innermost first. */
export type Lifted = { id: number; trigger: number; resource: object }[];

/** Node's internal binding, as far as we use it (lib/internal/async_hooks.js). */
interface AsyncWrap {
  readonly async_hook_fields: Uint32Array;
  readonly async_id_fields: Float64Array;
  readonly async_ids_stack: Float64Array;
  readonly execution_async_resources: object[];
  /** The resource of an entry that native code pushed; undefined for one of JavaScript. */
  readonly executionAsyncResource: (index: number) => object | undefined;
  readonly constants: {
    readonly kStackLength: number;
    readonly kExecutionAsyncId: number;
    readonly kTriggerAsyncId: number;
    readonly kBefore: number;
    readonly kAfter: number;
  };
}

/** The variables that are looked for in the scopes of Node's own functions. */
interface Internals {
  readonly async_wrap: AsyncWrap;
  /** They call the hooks of that kind. */
  readonly emitBeforeNative: (id: number) => void;
  readonly emitAfterNative: (id: number) => void;
}

/**
 * The live arrays and the indices into them. Kept in an object of our own, because properties of a
 * binding are slow to read.
 */
interface AsyncStack extends Internals {
  readonly fields: Uint32Array;
  readonly now: Float64Array;
  readonly resources: object[];
  readonly kStackLength: number;
  readonly kExecutionAsyncId: number;
  readonly kTriggerAsyncId: number;
  readonly kBefore: number;
  readonly kAfter: number;
}

let found: AsyncStack | null = null;

/**
 * Node's own arrays, from the scopes of `executionAsyncId`. Takes a millisecond, once, only in
 * programs that need it.
 * @throws GreenlitError where Node does not show them.
 */
function asyncStack(): AsyncStack {
  if (found !== null) return found;
  let scopes: Partial<Internals>[];
  try {
    scopes = scopesOf<Internals>(executionAsyncId);
  } catch (error) {
    // As under the permission model without --allow-inspector.
    throw refusal(`Node's stack of async ids is out of reach (${(error as Error).message})`);
  }
  const scope = scopes.find(({ async_wrap: wrap }) => wrap !== undefined);
  if (
    scope?.async_wrap?.execution_async_resources === undefined ||
    scope.async_wrap.async_ids_stack === undefined ||
    scope.emitBeforeNative === undefined ||
    scope.emitAfterNative === undefined
  ) {
    throw refusal("Node's stack of async ids is not where it is looked for");
  }
  const { async_wrap, emitBeforeNative, emitAfterNative } = scope as Internals;
  const { kStackLength, kExecutionAsyncId, kTriggerAsyncId, kBefore, kAfter } =
    async_wrap.constants;
  return (found = {
    async_wrap,
    emitBeforeNative,
    emitAfterNative,
    fields: async_wrap.async_hook_fields,
    now: async_wrap.async_id_fields,
    resources: async_wrap.execution_async_resources,
    kStackLength,
    kExecutionAsyncId,
    kTriggerAsyncId,
    kBefore,
    kAfter,
  });
}

function refusal(why: string): GreenlitError {
  return new GreenlitError(
    "ERR_GREENLIT_NESTED_ASYNC_SCOPE",
    `cannot block inside this asynchronous scope: ${why}. ` +
      "Hand the work to a greenlet of its own: spawn(() => ...).",
  );
}

/**
 * Takes the entries above `own`, the async id of the greenlet's resource, off the stack. To hooks
 * each scope ends here and begins again in `putBack`, so that their `before` and `after` pair.
 * @throws GreenlitError when one of them was pushed by native code (Node called back in the
 *   middle of a call of its own, as its HTTP parser does): that code must not be left. Nothing has
 *   changed then.
 */
export function lift(own: number): Lifted {
  const stack = asyncStack();
  const { async_wrap: wrap, fields, now, resources, kStackLength } = stack;
  const { kExecutionAsyncId, kTriggerAsyncId, kAfter } = stack;
  const lifted: Lifted = [];
  let id = now[kExecutionAsyncId] as number;
  let trigger = now[kTriggerAsyncId] as number;
  let top = fields[kStackLength] as number;
  while (id !== own) {
    top--;
    const resource = resources[top];
    // With hooks, the resource of a native entry is known to JavaScript, too.
    if (resource === undefined || wrap.executionAsyncResource(top) !== undefined) {
      throw refusal("Node has called this code from the middle of a native call of its own");
    }
    lifted.push({ id, trigger, resource });
    id = wrap.async_ids_stack[2 * top] as number;
    trigger = wrap.async_ids_stack[2 * top + 1] as number;
  }
  for (const scope of lifted) {
    if ((fields[kAfter] as number) > 0) stack.emitAfterNative(scope.id);
    const below = (fields[kStackLength] as number) - 1;
    // Read anew: a hook may have made Node replace the array by a larger one.
    now[kExecutionAsyncId] = wrap.async_ids_stack[2 * below] as number;
    now[kTriggerAsyncId] = wrap.async_ids_stack[2 * below + 1] as number;
    resources.length = below;
    fields[kStackLength] = below;
  }
  return lifted;
}

/** Puts them back, where the greenlet that had them goes on. */
export function putBack(lifted: Lifted): void {
  const stack = asyncStack();
  const { async_wrap: wrap, fields, now, resources, kStackLength } = stack;
  const { kExecutionAsyncId, kTriggerAsyncId, kBefore } = stack;
  roomFor((fields[kStackLength] as number) + lifted.length, wrap);
  for (const { id, trigger, resource } of lifted.reverse()) {
    const top = fields[kStackLength] as number;
    wrap.async_ids_stack[2 * top] = now[kExecutionAsyncId] as number;
    wrap.async_ids_stack[2 * top + 1] = now[kTriggerAsyncId] as number;
    resources[top] = resource;
    now[kExecutionAsyncId] = id;
    now[kTriggerAsyncId] = trigger;
    fields[kStackLength] = top + 1;
    if ((fields[kBefore] as number) > 0) stack.emitBeforeNative(id);
  }
}

/**
 * Node grows the stack of ids when a scope is entered that does not fit; so enter until they fit.
 */
function roomFor(entries: number, wrap: AsyncWrap): void {
  const nest = (): void => {
    if (wrap.async_ids_stack.length < 2 * entries) new AsyncResource("room").runInAsyncScope(nest);
  };
  nest();
}

let looked = false;

/** Whether `replace` has what it needs. Looks for it once, which takes a millisecond. */
export function canReplace(): boolean {
  if (!looked) {
    looked = true;
    try {
      asyncStack();
    } catch {
      // Out of reach: greenlets then go by way of the hub.
    }
  }
  return found !== null;
}

/** Whether a hook wants to hear where scopes begin or end. Only after `canReplace()`. */
export function areScopesHooked(): boolean {
  const { fields, kBefore, kAfter } = found as AsyncStack;
  return (fields[kBefore] as number) + (fields[kAfter] as number) > 0;
}

/**
 * Makes the innermost scope, which is one of JavaScript's, that of another resource. Only after
 * `canReplace()`.
 */
export function replace(resource: AsyncResource): void {
  const stack = found as AsyncStack;
  const { fields, now, resources, kStackLength, kExecutionAsyncId, kTriggerAsyncId } = stack;
  resources[(fields[kStackLength] as number) - 1] = resource;
  now[kExecutionAsyncId] = resource.asyncId();
  now[kTriggerAsyncId] = resource.triggerAsyncId();
}
