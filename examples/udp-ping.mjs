// How long does a datagram take there and back? Against `udp-ping.mjs serve`, or any UDP echo.
//   npx greenlit run udp-ping.mjs serve [PORT]
//   npx greenlit run udp-ping.mjs HOST PORT [COUNT]
import { sleep, Timeout } from "greenlit";
import { DatagramSocket } from "greenlit/net";

const [host, port = "7002", count = "5"] = process.argv.slice(2);
const socket = new DatagramSocket();

function serve() {
  socket.bind({ host: "127.0.0.1", port: Number(port) });
  console.log(`echo on port ${socket.port}`);
  for (const { data, address, port } of socket) socket.send(data, { host: address, port });
}

function ping() {
  socket.connect({ host, port: Number(port) });
  for (let i = 1; i <= Number(count); i++) {
    const start = performance.now();
    socket.send(`ping ${i}`);
    try {
      const { data } = socket.receive({ timeout: 1000 });
      console.log(`${data.toString()}: ${(performance.now() - start).toFixed(2)} ms`);
    } catch (error) {
      if (!(error instanceof Timeout)) throw error;
      console.log(`ping ${i}: lost`);
    }
    sleep(100);
  }
  socket.close();
}

if (host === "serve") serve();
else ping();
