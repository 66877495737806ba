import type { CallOptions } from "./deadline.js";
import type { Socket } from "./socket.js";
import { untilClosed } from "./steps.js";

/** A listening TCP, Unix or TLS socket, made by `listen`. Iterating accepts until it is closed. */
export abstract class Listener implements Iterable<Socket> {
  /** The port; 0 for a Unix socket, and once closed. */
  abstract readonly port: number;
  /** The address or path listened on, null once closed. */
  abstract readonly address: string | null;
  abstract readonly closed: boolean;

  /**
   * The next connection. Several greenlets may accept; they are served in the order they came.
   *
   * @throws SocketClosedError when the listener is closed, also while waiting.
   */
  abstract accept(options?: CallOptions): Socket;

  /**
   * Stops listening; greenlets that wait get a SocketClosedError, connections nobody accepted are
   * closed.
   */
  abstract close(): void;

  /** While it waits, it keeps the process alive. Undoes `unref`. */
  abstract ref(): void;

  /** Greenlets that wait for connections do not keep the process alive. */
  abstract unref(): void;

  [Symbol.iterator](): IterableIterator<Socket> {
    return untilClosed(
      () => this.closed,
      () => this.accept(),
    );
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
