import { createRequire } from "node:module";

/** What undici's WebAssembly of llhttp calls. Pointers are places in its memory. */
export interface ParserCallbacks {
  onBegin(): void;
  onTarget(at: number, length: number): void;
  onHeaderName(at: number, length: number): void;
  onHeaderValue(at: number, length: number): void;
  onHead(upgrade: boolean, keepAlive: boolean): void;
  onBody(at: number, length: number): void;
  onComplete(): void;
}

// Node's types do not have it.
declare const WebAssembly: {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  _initialize(): void;
  malloc(size: number): number;
  llhttp_alloc(type: number): number;
  llhttp_free(parser: number): void;
  llhttp_execute(parser: number, at: number, length: number): number;
  llhttp_resume(parser: number): void;
  llhttp_resume_after_upgrade(parser: number): void;
  llhttp_get_error_pos(parser: number): number;
  llhttp_get_error_reason(parser: number): number;
  llhttp_get_method(parser: number): number;
  llhttp_method_name(method: number): number;
  llhttp_get_http_major(parser: number): number;
  llhttp_get_http_minor(parser: number): number;
}

// Of llhttp.h.
const HTTP_REQUEST = 1;
export const OK: number = 0;
export const PAUSED: number = 21;
export const PAUSED_UPGRADE: number = 22;

/** The most bytes that can be parsed in one go. */
export const LONGEST_INPUT: number = 64 * 1024;

/**
 * llhttp, the parser of Node itself, as undici carries it. One for each thread: its memory holds a
 * small state for every connection, and the bytes that are being parsed.
 */
export class Llhttp {
  private static ofThread: Llhttp | null = null;

  /** Whose state is being worked on. */
  private callbacks: ParserCallbacks | null = null;
  private readonly wasm: Exports;
  /** Where the bytes lie that are being parsed. */
  readonly input: number;
  private memory: Buffer;
  private readonly methods: string[] = [];

  static get(): Llhttp {
    return (Llhttp.ofThread ??= new Llhttp());
  }

  private constructor() {
    const binary = createRequire(import.meta.url)("undici/lib/llhttp/llhttp-wasm.js") as Uint8Array;
    const on = (): ParserCallbacks => this.callbacks as ParserCallbacks;
    const told =
      (tell: (at: number, length: number) => void) =>
      (_parser: number, at: number, length: number): number => {
        tell(at, length);
        return OK;
      };
    const env = {
      wasm_on_status: () => OK,
      wasm_on_url: told((at, length) => on().onTarget(at, length)),
      wasm_on_header_field: told((at, length) => on().onHeaderName(at, length)),
      wasm_on_header_value: told((at, length) => on().onHeaderValue(at, length)),
      wasm_on_body: told((at, length) => on().onBody(at, length)),
      wasm_on_message_begin: () => {
        on().onBegin();
        return OK;
      },
      wasm_on_headers_complete: (_p: number, _status: number, upgrade: number, keep: number) => {
        on().onHead(upgrade === 1, keep === 1);
        return OK;
      },
      // So that the next request stays unparsed until this one is answered.
      wasm_on_message_complete: () => {
        on().onComplete();
        return PAUSED;
      },
    };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env });
    this.wasm = exports as unknown as Exports;
    this.wasm._initialize();
    this.input = this.wasm.malloc(LONGEST_INPUT);
    this.memory = Buffer.from(this.wasm.memory.buffer);
  }

  /** The state of a new connection. */
  open(): number {
    return this.wasm.llhttp_alloc(HTTP_REQUEST);
  }

  close(parser: number): void {
    this.wasm.llhttp_free(parser);
  }

  /** @returns OK, PAUSED, PAUSED_UPGRADE, or the number of an error. */
  execute(parser: number, bytes: Uint8Array, callbacks: ParserCallbacks): number {
    // New connections may have made it grow, which takes the old view away.
    if (this.memory.length === 0) this.memory = Buffer.from(this.wasm.memory.buffer);
    this.memory.set(bytes, this.input);
    this.callbacks = callbacks;
    try {
      return this.wasm.llhttp_execute(parser, this.input, bytes.length);
    } finally {
      this.callbacks = null;
    }
  }

  /** After PAUSED or an error: how many bytes had been taken. */
  taken(parser: number): number {
    return this.wasm.llhttp_get_error_pos(parser) - this.input;
  }

  resume(parser: number): void {
    this.wasm.llhttp_resume(parser);
  }

  /** The bytes behind a request to change the protocol, which was refused, are HTTP. */
  resumeAfterUpgrade(parser: number): void {
    this.wasm.llhttp_resume_after_upgrade(parser);
  }

  errorReason(parser: number): string {
    return this.stringAt(this.wasm.llhttp_get_error_reason(parser));
  }

  method(parser: number): string {
    const number = this.wasm.llhttp_get_method(parser);
    return (this.methods[number] ??= this.stringAt(this.wasm.llhttp_method_name(number)));
  }

  /** 11 for HTTP/1.1. */
  version(parser: number): number {
    const { wasm } = this;
    return wasm.llhttp_get_http_major(parser) * 10 + wasm.llhttp_get_http_minor(parser);
  }

  /** A part of the input. */
  text(at: number, length: number): string {
    return this.memory.toString("latin1", at, at + length);
  }

  private stringAt(at: number): string {
    return at === 0 ? "" : this.memory.toString("latin1", at, this.memory.indexOf(0, at));
  }
}
