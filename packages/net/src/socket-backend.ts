import { type Backend, chooseBackend, openBackend } from "@greenlit/backend";

/**
 * The backend whose descriptors carry sockets; null where Node's streams do.
 *
 * @throws BackendUnavailableError when `config.backend` is one that cannot be used here.
 */
export function socketBackend(): Backend | null {
  return chooseBackend() === "uv" ? null : openBackend();
}
