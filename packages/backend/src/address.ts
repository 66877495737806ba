/** Where a socket is, or where it should connect to. */
export type Address =
  | {
      readonly family: 4 | 6;
      /** As text, for version 6 perhaps with an interface: `fe80::1%eth0`. */
      readonly address: string;
      readonly port: number;
    }
  | {
      /** Of a Unix socket: "" for one without a name; abstract ones begin with a zero character. */
      readonly path: string;
    };
