/** What the demo site answers at one URL. */
export type Route =
  | PageRoute
  | RedirectRoute
  | StatusRoute
  | FileRoute
  | BombRoute
  | RawRoute
  | { readonly kind: "reset" | "endless" };

export interface PageRoute {
  readonly kind: "page";
  readonly title: string;
  readonly links: string[];
  /** Further HTML in the head. */
  readonly head?: string;
  /** The whole page, instead of one made from title and links. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly charset?: string;
  /** Where the page says what its charset is. */
  readonly declared?: "header" | "meta" | "bom";
  readonly coding?: "gzip" | "br" | "deflate" | "deflate-raw";
  /** So many requests are answered with `status` before the page is. */
  readonly failures?: number;
  readonly status?: number;
  /** Seconds, sent with the failures. */
  readonly retryAfter?: number;
}

export interface RedirectRoute {
  readonly kind: "redirect";
  readonly status: number;
  readonly location: string;
}

export interface StatusRoute {
  readonly kind: "status";
  readonly status: number;
}

export interface FileRoute {
  readonly kind: "file";
  readonly contentType: string;
  readonly size: number;
}

/** A small body that is a huge one. */
export interface BombRoute {
  readonly kind: "bomb";
  /** How it is compressed, one after the other. Default: gzip. */
  readonly codings?: readonly string[];
}

/** What goes over the wire, HTTP or not; then the connection is closed. */
export interface RawRoute {
  readonly kind: "raw";
  /** As latin-1. */
  readonly bytes: string;
  /** Sent then, again and again for as long as somebody reads. */
  readonly again?: string;
}
