// The package carries no types of its own.
declare module "whatwg-mimetype" {
  export class MIMEType {
    static parse(text: string): MIMEType | null;
    readonly essence: string;
    readonly parameters: Map<string, string>;
  }
  export function computedMIMEType(
    resource: Uint8Array,
    options?: { contentTypeHeader?: string; noSniff?: boolean },
  ): MIMEType;
}
