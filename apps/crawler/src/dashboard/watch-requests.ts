import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type Flight, flightHere } from "../flights.js";

/** Undici publishes on these what happens to its requests; see its docs on diagnostics channels. */
const CREATED = "undici:request:create";
const SENT = "undici:client:sendHeaders";

interface Message {
  readonly request: object;
}

/**
 * Tells pages that wait for an answer (`headers`) from those that wait for a connection: a request
 * is created in the greenlet of its page, and sent when there is a connection.
 *
 * @returns ends it. Nothing is done, and nothing costs anything, before and after.
 */
export function watchRequests(): () => void {
  const flights = new WeakMap<object, Flight>();
  const onCreated = (message: unknown): void => {
    const flight = flightHere();
    if (flight !== undefined) flights.set((message as Message).request, flight);
  };
  const onSent = (message: unknown): void => {
    const flight = flights.get((message as Message).request);
    if (flight?.phase === "connecting") flight.enter("headers");
  };
  subscribe(CREATED, onCreated);
  subscribe(SENT, onSent);
  return () => {
    unsubscribe(CREATED, onCreated);
    unsubscribe(SENT, onSent);
  };
}
