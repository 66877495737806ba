// Every connection to PORT is one to TARGET_PORT of TARGET_HOST.
//   npx greenlit run port-forwarder.mjs PORT TARGET_HOST TARGET_PORT
import { joinAll, spawn } from "greenlit";
import { connect, listen } from "greenlit/net";

const [port, host, targetPort] = process.argv.slice(2);

/** One direction; its end is handed on, the other direction may go on. */
function pump(from, to) {
  for (const data of from) to.write(data);
  to.shutdown();
}

function forward(client) {
  let server;
  try {
    server = connect({ host, port: Number(targetPort), timeout: 5000 });
    joinAll([spawn(pump, client, server), spawn(pump, server, client)], { raiseError: true });
  } catch (error) {
    console.error(`connection ended: ${error.message}`);
  } finally {
    client.close();
    server?.close();
  }
}

const listener = listen({ host: "127.0.0.1", port: Number(port) });
console.log(`port ${listener.port} leads to ${host}:${targetPort}`);
for (const client of listener) spawn(forward, client);
