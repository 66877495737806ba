// Sends back what it gets, to any number of clients at once.
//   npx greenlit run echo-server.mjs [PORT]
import { spawn } from "greenlit";
import { listen } from "greenlit/net";

function serve(socket) {
  try {
    for (const data of socket) socket.write(data);
  } finally {
    socket.close();
  }
}

const listener = listen({ host: "127.0.0.1", port: Number(process.argv[2] ?? 7000) });
console.log(`echo on port ${listener.port}`);
for (const socket of listener) spawn(serve, socket);
