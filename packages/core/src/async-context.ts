// What Node keeps of the asynchronous context outside V8: a stack of async ids and resources, which
// callbacks and AsyncResource.runInAsyncScope push and pop. It belongs to the thread, not to a stack.
//
// The hub resumes each greenlet inside a scope of the greenlet's own resource, on the root stack, so
// there pushes and pops pair. What is left is a greenlet that parks inside further scopes: their entries
// lie on top of the root's. `lift` takes them off, `putBack` returns them when the greenlet goes on.

import { AsyncResource, executionAsyncId } from "node:async_hooks";
import { Session } from "node:inspector";
import { GreenlitError } from "@greenlit/switcher";

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

/** What lies in the scope of Node's own functions. */
interface Internals {
  readonly async_wrap: AsyncWrap;
  /** They call the hooks of that kind. */
  readonly emitBeforeNative: (id: number) => void;
  readonly emitAfterNative: (id: number) => void;
}

const NAMES = ["async_wrap", "emitBeforeNative", "emitAfterNative"] as const;

let found: Internals | undefined;

/**
 * The live arrays. No public function gives them, but an in-process inspector session shows the scopes
 * of `executionAsyncId`, and there is `async_wrap`. Takes 7-50 ms, once, only in programs that need it.
 */
function internals(): Internals {
  if (found !== undefined) return found;
  const session = new Session();
  const exchange: { subject: unknown } & Partial<Internals> = { subject: executionAsyncId };
  const key = `__greenlit_${process.pid}_${Math.random()}`;
  (globalThis as Record<string, unknown>)[key] = exchange;
  try {
    session.connect();
    const subject = post<{ result: Remote }>(session, "Runtime.evaluate", {
      expression: `globalThis[${JSON.stringify(key)}].subject`,
    });
    const scopes = properties(session, subject.result).internalProperties?.find(
      (property) => property.name === "[[Scopes]]",
    );
    for (const scope of scopes ? properties(session, scopes.value).result : []) {
      if (scope.value?.objectId === undefined) continue;
      for (const { name, value } of properties(session, scope.value).result) {
        if (!NAMES.includes(name as never) || value?.objectId === undefined) continue;
        post(session, "Runtime.callFunctionOn", {
          objectId: value.objectId,
          functionDeclaration: `function () { globalThis[${JSON.stringify(key)}].${name} = this; }`,
        });
      }
    }
  } finally {
    session.disconnect();
    delete (globalThis as Record<string, unknown>)[key];
  }
  const wrap = exchange.async_wrap;
  if (
    NAMES.some((name) => exchange[name] === undefined) ||
    wrap?.execution_async_resources === undefined ||
    wrap.async_ids_stack === undefined
  ) {
    throw refusal("this Node does not show its stack of async ids");
  }
  return (found = exchange as Internals);
}

function refusal(why: string): GreenlitError {
  return new GreenlitError(
    "ERR_GREENLIT_NESTED_ASYNC_SCOPE",
    `cannot block inside this asynchronous scope: ${why}. ` +
      "Hand the work to a greenlet of its own: spawn(() => ...).",
  );
}

interface Remote {
  readonly objectId?: string;
}

interface Properties {
  readonly result: { name: string; value?: Remote }[];
  readonly internalProperties?: { name: string; value: Remote }[];
}

function properties(session: Session, object: Remote): Properties {
  return post<Properties>(session, "Runtime.getProperties", { objectId: object.objectId });
}

/** The inspector answers an in-process session before `post` returns. */
function post<Answer>(session: Session, method: string, params: object): Answer {
  let answer: unknown;
  session.post(method, params, (error, result) => {
    if (error !== null) throw error;
    answer = result;
  });
  return answer as Answer;
}

/**
 * Takes the entries above `own`, the async id of the greenlet's resource, off the stack. To hooks each
 * scope ends here and begins again in `putBack`, so that their `before` and `after` pair.
 * @throws GreenlitError when one of them was pushed by native code (Node called back in the middle of a
 *   call of its own, as its HTTP parser does): that code must not be left. Nothing has changed then.
 */
export function lift(own: number): Lifted {
  const { async_wrap: wrap, emitAfterNative } = internals();
  const { async_hook_fields: fields, async_id_fields: now, async_ids_stack: stack } = wrap;
  const { kStackLength, kExecutionAsyncId, kTriggerAsyncId, kAfter } = wrap.constants;
  const lifted: Lifted = [];
  let id = now[kExecutionAsyncId] as number;
  let trigger = now[kTriggerAsyncId] as number;
  let top = fields[kStackLength] as number;
  while (id !== own) {
    top--;
    const resource = wrap.execution_async_resources[top];
    // With hooks, the resource of a native entry is known to JavaScript, too.
    if (resource === undefined || wrap.executionAsyncResource(top) !== undefined) {
      throw refusal("Node has called this code from the middle of a native call of its own");
    }
    lifted.push({ id, trigger, resource });
    id = stack[2 * top] as number;
    trigger = stack[2 * top + 1] as number;
  }
  for (const scope of lifted) {
    if ((fields[kAfter] as number) > 0) emitAfterNative(scope.id);
    const below = (fields[kStackLength] as number) - 1;
    // Read anew: a hook may have made Node replace the array by a larger one.
    now[kExecutionAsyncId] = wrap.async_ids_stack[2 * below] as number;
    now[kTriggerAsyncId] = wrap.async_ids_stack[2 * below + 1] as number;
    wrap.execution_async_resources.length = below;
    fields[kStackLength] = below;
  }
  return lifted;
}

/** Puts them back, where the greenlet that had them goes on. */
export function putBack(lifted: Lifted): void {
  const { async_wrap: wrap, emitBeforeNative } = internals();
  const { async_hook_fields: fields, async_id_fields: now } = wrap;
  const { kStackLength, kExecutionAsyncId, kTriggerAsyncId, kBefore } = wrap.constants;
  roomFor((fields[kStackLength] as number) + lifted.length, wrap);
  for (const { id, trigger, resource } of lifted.reverse()) {
    const top = fields[kStackLength] as number;
    const stack = wrap.async_ids_stack;
    stack[2 * top] = now[kExecutionAsyncId] as number;
    stack[2 * top + 1] = now[kTriggerAsyncId] as number;
    wrap.execution_async_resources[top] = resource;
    now[kExecutionAsyncId] = id;
    now[kTriggerAsyncId] = trigger;
    fields[kStackLength] = top + 1;
    if ((fields[kBefore] as number) > 0) emitBeforeNative(id);
  }
}

/** Node grows the stack of ids when a scope is entered that does not fit; so enter until they fit. */
function roomFor(entries: number, wrap: AsyncWrap): void {
  const nest = (): void => {
    if (wrap.async_ids_stack.length < 2 * entries) new AsyncResource("room").runInAsyncScope(nest);
  };
  nest();
}
