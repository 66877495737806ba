import { Agent } from "undici";

/** Options of a connection pool, in undici's words; `connectTimeout` in milliseconds. */
export interface AgentOptions extends Agent.Options {
  /**
   * The longest a connection may take to come about, name look-up and TLS included. Default: 10000.
   */
  readonly connectTimeout?: number;
}

/**
 * A pool of connections for `request` and `fetch`, kept per origin: pass it as `dispatcher`.
 * Without one, undici's global dispatcher is used.
 *
 * It is undici's own Agent: `wait(agent.close())` ends it when its requests are done,
 * `wait(agent.destroy())` now.
 */
export function createAgent(options: AgentOptions = {}): Agent {
  const { connectTimeout, connect, ...rest } = options;
  if (connectTimeout === undefined || typeof connect === "function") {
    return new Agent(connect === undefined ? rest : { ...rest, connect });
  }
  return new Agent({ ...rest, connect: { ...connect, timeout: connectTimeout } });
}
