import { readFileSync } from "node:fs";
import * as nodeNet from "node:net";
import * as nodeTls from "node:tls";
import { joinAll, sleep, spawn, Timeout } from "@greenlit/core";
import { green, thrownBy } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import {
  connect,
  listen,
  type Listener,
  Socket,
  SocketClosedError,
  startTls,
  type TlsClientOptions,
  type TlsServerOptions,
} from "../src/index.js";

const pem = (name: string): string =>
  readFileSync(new URL(`certificates/${name}`, import.meta.url), "utf8");
const ca = pem("ca.pem");
const localhost = { key: pem("localhost.key"), cert: pem("localhost.pem") };
const other = { key: pem("other.key"), cert: pem("other.pem") };
const client = { key: pem("client.key"), cert: pem("client.pem") };

const host = "127.0.0.1";

interface Served {
  readonly listener: Listener;
  readonly to: (tls?: TlsClientOptions & { timeout?: number }) => Socket;
}

/** Runs `test` with a server that answers each line with it, in upper case. */
function served(tls: TlsServerOptions, test: (served: Served) => void): () => Promise<void> {
  return green(() => {
    using listener = listen({ port: 0, host, tls });
    const serving = spawn(() => {
      for (const socket of listener) {
        spawn(() => {
          using mine = socket;
          try {
            for (let line = mine.readLine(); line !== null; line = mine.readLine())
              mine.write(`${line.toUpperCase()}\n`);
            mine.end();
          } catch (error) {
            expect((error as NodeJS.ErrnoException).code).toBe("ECONNRESET");
          }
        });
      }
    });
    const to: Served["to"] = ({ timeout, ...tls } = {}) =>
      connect({ port: listener.port, host, tls: { ca, ...tls }, ...(timeout ? { timeout } : {}) });
    test({ listener, to });
    listener.close();
    serving.get();
  });
}

const tlsOf = (socket: Socket): nodeTls.TLSSocket => socket.stream as nodeTls.TLSSocket;

/** A line there and back. */
function talk(socket: Socket): void {
  socket.write("hello\n");
  expect(socket.readLine({ timeout: 10_000 })).toBe("HELLO");
}

describe("connect and listen with tls", () => {
  it(
    "speak, both ways, with many at once, and see the end",
    served(localhost, ({ to }) => {
      const clients = Array.from({ length: 10 }, () =>
        spawn(() => {
          using socket = to();
          expect(tlsOf(socket).authorized).toBe(true);
          for (let i = 0; i < 10; i++) talk(socket);
          socket.end();
          expect(socket.read()).toBe(null);
        }),
      );
      joinAll(clients, { raiseError: true });
    }),
  );

  it(
    "carry much, held back by who does not read",
    green(() => {
      using listener = listen({ port: 0, host, tls: localhost });
      const sent = Buffer.alloc(8 << 20, "abc");
      const sender = spawn(() => {
        using socket = listener.accept();
        socket.write(sent);
        socket.end();
      });
      using socket = connect({ port: listener.port, host, tls: { ca } });
      sleep(30);
      expect(sender.ready).toBe(false);
      expect(Buffer.concat([...socket]).equals(sent)).toBe(true);
      sender.get();
    }),
  );

  it(
    "choose a protocol (ALPN)",
    served({ ...localhost, ALPNProtocols: ["h2", "x-test"] }, ({ to }) => {
      using socket = to({ ALPNProtocols: ["x-other", "x-test"] });
      expect(tlsOf(socket).alpnProtocol).toBe("x-test");
    }),
  );

  it(
    "choose the certificate by name (SNI)",
    served(
      {
        ...localhost,
        SNICallback: (name, done) =>
          done(null, nodeTls.createSecureContext(name === "other.test" ? other : localhost)),
      },
      ({ to }) => {
        using socket = to({ servername: "other.test" });
        expect(tlsOf(socket).getPeerCertificate().subject.CN).toBe("other.test");
        using plain = to({ servername: "localhost" });
        expect(tlsOf(plain).getPeerCertificate().subject.CN).toBe("localhost");
      },
    ),
  );

  it(
    "ask by the name that was connected to",
    green(() => {
      const asked: string[] = [];
      const tls: TlsServerOptions = {
        ...localhost,
        SNICallback: (name, done) => {
          asked.push(name);
          done(null, undefined);
        },
      };
      using listener = listen({ port: 0, host, tls });
      using near = connect({
        port: listener.port,
        host: "localhost",
        family: 4,
        tls: { ca },
      });
      expect(tlsOf(near).authorized).toBe(true);
      expect(asked).toEqual(["localhost"]);
    }),
  );

  it(
    "want a certificate of the client",
    served({ ...localhost, ca, requestCert: true, rejectUnauthorized: true }, ({ to }) => {
      using good = to(client);
      talk(good);
      using bad = to({ maxVersion: "TLSv1.3" });
      // In TLS 1.3 the client has done its part before the server refuses it.
      const error = thrownBy(() => bad.readLine({ timeout: 10_000 })) as NodeJS.ErrnoException;
      expect(error.code).toMatch(/^(ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED|ECONNRESET)$/);
    }),
  );

  it(
    "resume a session",
    served(localhost, ({ to }) => {
      let session: Buffer | undefined;
      using first = to();
      tlsOf(first).on("session", (one) => (session = one));
      talk(first);
      expect(tlsOf(first).isSessionReused()).toBe(false);
      using second = to({ session: session as Buffer });
      talk(second);
      expect(tlsOf(second).isSessionReused()).toBe(true);
    }),
  );
});

describe("a handshake that fails", () => {
  const cases: Record<string, readonly [TlsClientOptions, RegExp]> = {
    "unknown authority": [{ ca: [] }, /^UNABLE_TO_VERIFY_LEAF_SIGNATURE$/],
    "another name": [{ servername: "elsewhere.test" }, /^ERR_TLS_CERT_ALTNAME_INVALID$/],
    "no common version": [{ maxVersion: "TLSv1.1", minVersion: "TLSv1" }, /^ERR_SSL_/],
  };
  it.each(Object.entries(cases))("throws Node's error at the caller: %s", (_, [tls, code]) =>
    served({ ...localhost, minVersion: "TLSv1.2" }, ({ to }) => {
      const error = thrownBy(function theCaller() {
        to(tls);
      }) as NodeJS.ErrnoException;
      expect(error.code).toMatch(code);
      expect(error.stack).toMatch(/theCaller/);
    })(),
  );

  it(
    "is told to the server, which goes on",
    green(() => {
      const told: unknown[] = [];
      const onClientError = (error: Error, from: string | undefined): void => {
        told.push((error as NodeJS.ErrnoException).code, from);
      };
      using listener = listen({ port: 0, host, tls: { ...localhost, onClientError } });
      using plain = connect({ port: listener.port, host });
      plain.write("GET / HTTP/1.1\r\n\r\n");
      try {
        while (plain.read() !== null);
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe("ECONNRESET");
      }
      expect(told).toEqual(["ERR_SSL_HTTP_REQUEST", host]);
      using near = connect({ port: listener.port, host, tls: { ca } });
      using far = listener.accept();
      far.write("x");
      expect(String(near.read())).toBe("x");
    }),
  );

  it(
    "times out, is killed, and leaves nothing behind",
    green(() => {
      // Takes connections, and says nothing.
      using listener = listen({ port: 0, host });
      const timeout = thrownBy(() =>
        connect({ port: listener.port, host, tls: { ca }, timeout: 30 }),
      ) as Timeout;
      expect(timeout).toBeInstanceOf(Timeout);
      expect(timeout.message).toBe("net.connect timed out after 30 ms");
      using first = listener.accept();
      const doomed = spawn(() => connect({ port: listener.port, host, tls: { ca } }));
      using second = listener.accept();
      second.readExactly(5);
      doomed.kill();
      for (const socket of [first, second]) {
        for (const chunk of socket) expect(chunk.length).toBeGreaterThan(0);
      }
    }),
  );

  it(
    "ends when the client leaves in the middle of it",
    green(() => {
      const told: unknown[] = [];
      const onClientError = (error: Error): void => {
        told.push((error as NodeJS.ErrnoException).code);
      };
      using secure = listen({ port: 0, host, tls: { ...localhost, onClientError } });
      using one = connect({ port: secure.port, host });
      one.end();
      while (told.length === 0) sleep(1);
      using listener = listen({ port: 0, host });
      using two = connect({ port: listener.port, host });
      two.end();
      const error = thrownBy(() => startTls(listener.accept(), { isServer: true, ...localhost }));
      expect([...told, (error as NodeJS.ErrnoException).code]).toEqual([
        "ECONNRESET",
        "ECONNRESET",
      ]);
    }),
  );

  it(
    "is ended by the close of the listener",
    green(() => {
      const listener = listen({ port: 0, host, tls: localhost });
      using silent = connect({ port: listener.port, host });
      // When the next one is through, the first has been accepted.
      using next = connect({ port: listener.port, host, tls: { ca } });
      expect(tlsOf(next).authorized).toBe(true);
      listener.close();
      expect(thrownBy(() => silent.read({ timeout: 10_000 } as never))).toBeInstanceOf(TypeError);
      expect(silent.read(1, { timeout: 10_000 })).toBe(null);
    }),
  );
});

describe("startTls", () => {
  it(
    "upgrades both sides, however early the client begins",
    green(() => {
      using listener = listen({ port: 0, host });
      const server = spawn(() => {
        const plain = listener.accept();
        expect(plain.readLine()).toBe("STARTTLS");
        plain.write("go\n");
        sleep(30); // the client's first message is here already, perhaps read already
        using secure = startTls(plain, { isServer: true, ...localhost });
        expect(() => plain.write("x")).toThrow(SocketClosedError);
        secure.write(`${secure.readLine()}!\n`);
      });
      const plain = connect({ port: listener.port, host });
      plain.write("STARTTLS\n");
      expect(plain.readLine()).toBe("go");
      using secure = startTls(plain, { servername: "localhost", ca });
      expect(plain.closed).toBe(true);
      plain.close();
      secure.write("hi\n");
      expect(secure.readLine()).toBe("hi!");
      server.get();
    }),
  );

  it(
    "takes what was read along, and what speaks TLS already",
    green(() => {
      using listener = listen({ port: 0, host });
      const server = spawn(() => {
        const plain = listener.accept();
        expect(String(plain.readExactly(4))).toBe("head"); // and the rest waits in the Socket
        const outer = startTls(plain, { isServer: true, ...localhost });
        using inner = startTls(outer, { isServer: true, ...other });
        inner.write(`${inner.readLine()} inside\n`);
        inner.read();
      });
      const plain = connect({ port: listener.port, host });
      plain.write("head");
      const outer = startTls(plain, { servername: "localhost", ca });
      using inner = startTls(outer, { servername: "other.test", ca });
      inner.write("inside\n");
      expect(inner.readLine()).toBe("inside inside");
      inner.close();
      server.get();
    }),
  );

  it(
    "throws at both sides where they cannot agree, and closes",
    green(() => {
      using listener = listen({ port: 0, host });
      // In TLS 1.3 the client may have finished its part before it looks at the certificate.
      const server = spawn(() =>
        thrownBy(() =>
          startTls(listener.accept(), { isServer: true, ...localhost }).readExactly(1),
        ),
      );
      const plain = connect({ port: listener.port, host });
      expect(
        (thrownBy(() => startTls(plain, { servername: "localhost" })) as { code?: string }).code,
      ).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
      expect((server.get() as NodeJS.ErrnoException).code).toMatch(
        /^(ERR_SSL_|ECONNRESET|ERR_GREENLIT_UNEXPECTED_END)/,
      );
      expect(plain.closed).toBe(true);
      expect(() => startTls(plain, {})).toThrow(SocketClosedError);
    }),
  );
});

describe("detach", () => {
  it(
    "gives Node's socket, with what had not been read",
    green(() => {
      using listener = listen({ port: 0, host });
      const near = connect({ port: listener.port, host });
      using far = listener.accept();
      far.write("one\ntwo\n");
      expect(near.readLine()).toBe("one");
      const waiting = spawn(() => thrownBy(() => near.readExactly(100)));
      sleep(0);
      const stream: nodeNet.Socket = near.detach();
      expect(waiting.get()).toBeInstanceOf(SocketClosedError);
      expect(() => near.detach()).toThrow(SocketClosedError);
      const again = Socket.from(stream);
      expect(again === near).toBe(false);
      expect(again.readLine()).toBe("two");
      far.close();
      expect(again.read()).toBe(null);
      again.close();
    }),
  );
});
