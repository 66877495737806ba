import type { Query } from "../query.js";
import type { Command, End, GreenletStack, Hello, Panels, Tick } from "../snapshot.js";
import { EventParser } from "./event-parser.js";

export interface Listener {
  onHello(hello: Hello): void;
  onTick(tick: Tick): void;
  onEnd(end: End): void;
  /** The server cannot be reached; it is tried again, unless it wants another token. */
  onLost(reason: string, triesAgain: boolean): void;
}

const KEY = "token";
/** Ms until the server is asked again: more and more. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5_000;

/** Talks with the server. */
export class Connection {
  private readonly token: string;
  private hasEnded = false;

  constructor() {
    this.token = takeToken();
  }

  /** Listens until the crawl has ended. */
  async listen(listener: Listener): Promise<void> {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        const response = await this.fetch("events");
        if (response.status === 401) {
          const why = "This page has no token, or that of another crawl: open the address printed.";
          return listener.onLost(why, false);
        }
        if (!response.ok || response.body === null) throw new Error(await response.text());
        pause = FIRST_PAUSE;
        await this.read(response.body, listener);
      } catch (error) {
        console.info("dashboard:", error);
      }
      if (this.hasEnded) return;
      listener.onLost("The crawl cannot be reached. Trying again.", true);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** @throws Error when the server is gone, or says no */
  async panel<Name extends keyof Panels>(name: Name, query: Query): Promise<Panels[Name]> {
    const { filter, sort, descending, limit } = query;
    const asked = { filter, sort, descending: String(descending), limit: String(limit) };
    return this.json<Panels[Name]>(`${name}?${new URLSearchParams(asked)}`);
  }

  /** @returns null when the page is not in flight any more */
  async stack(id: number, url: string): Promise<GreenletStack | null> {
    return this.json<GreenletStack | null>(`stack?${new URLSearchParams({ id: String(id), url })}`);
  }

  /** @throws Error when the server is gone, or says no */
  async control(command: Command): Promise<void> {
    const response = await this.fetch("control", { method: "POST", body: JSON.stringify(command) });
    if (!response.ok) throw new Error(await response.text());
  }

  private async json<T>(path: string): Promise<T> {
    const response = await this.fetch(path);
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as T;
  }

  private fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.token}` };
    return fetch(`/api/${path}`, { ...init, headers });
  }

  private async read(body: ReadableStream<Uint8Array>, listener: Listener): Promise<void> {
    const parser = new EventParser();
    const reader = body.pipeThrough(new TextDecoderStream() as never).getReader();
    for (;;) {
      const { done, value } = (await reader.read()) as ReadableStreamReadResult<string>;
      if (done) return;
      for (const { name, data } of parser.push(value)) this.hand(name, JSON.parse(data), listener);
    }
  }

  private hand(name: string, data: unknown, listener: Listener): void {
    if (name === "hello") listener.onHello(data as Hello);
    else if (name === "tick") listener.onTick(data as Tick);
    else {
      this.hasEnded = true;
      listener.onEnd(data as End);
    }
  }
}

/** From the address, from which it then goes away; kept for a reload of this tab. */
function takeToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get(KEY);
  if (given === null) return sessionStorage.getItem(KEY) ?? "";
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", location.pathname);
  return given;
}
