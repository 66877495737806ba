// Reads the variables in the scopes of Node's own functions. No public function gives them, but an
// in-process inspector session does.

import { Session } from "node:inspector";

interface Remote {
  readonly objectId?: string;
}

interface Properties {
  readonly internalProperties?: { name: string; value: Remote }[];
}

/**
 * The variables around a function: an object for each scope, innermost first. Takes a millisecond.
 * @throws Error where there is no inspector, as under the permission model without
 *   --allow-inspector.
 */
export function scopesOf<Variables>(subject: (...args: never[]) => unknown): Partial<Variables>[] {
  const session = new Session();
  const exchange: { subject: unknown; scopes?: ArrayLike<{ object: Partial<Variables> }> } = {
    subject,
  };
  const key = `__greenlit_${process.pid}_${Math.random()}`;
  (globalThis as Record<string, unknown>)[key] = exchange;
  try {
    session.connect();
    const remote = post<{ result: Remote }>(session, "Runtime.evaluate", {
      expression: `globalThis[${JSON.stringify(key)}].subject`,
    });
    const { internalProperties } = post<Properties>(session, "Runtime.getProperties", {
      objectId: remote.result.objectId,
      // Inherited properties would be read, too. Reading `caller` and `arguments` throws, and that
      // ends a process that aborts on uncaught errors.
      ownProperties: true,
    });
    // The scopes are taken as objects. Asking the inspector for each of their 200 variables would
    // take 30 times as long.
    post(session, "Runtime.callFunctionOn", {
      objectId: internalProperties?.find(({ name }) => name === "[[Scopes]]")?.value.objectId,
      functionDeclaration: `function () { globalThis[${JSON.stringify(key)}].scopes = this; }`,
    });
  } finally {
    session.disconnect();
    delete (globalThis as Record<string, unknown>)[key];
  }
  // An array without a prototype.
  return Array.from(exchange.scopes ?? [], ({ object }) => object);
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
