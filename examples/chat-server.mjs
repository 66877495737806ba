// What one says, all others read: try it with `nc localhost 7001` in several windows.
//   npx greenlit run chat-server.mjs [PORT]
import { Queue, spawn } from "greenlit";
import { listen } from "greenlit/net";

/** Everybody's name, and a queue of lines that are on their way there. */
const people = new Map();

function say(line, from) {
  for (const [name, lines] of people) {
    // Who reads too slowly misses lines, and holds nobody up.
    if (name !== from && !lines.full) lines.put(line);
  }
}

function deliver(socket, lines) {
  for (;;) socket.write(`${lines.get()}\n`);
}

function chat(socket) {
  let name;
  const lines = new Queue(100);
  const writer = spawn(deliver, socket, lines);
  try {
    socket.write("your name? ");
    const answer = socket.readLine({ timeout: 60_000, limit: 100 })?.trim();
    if (!answer || people.has(answer)) return;
    name = answer;
    people.set(name, lines);
    say(`* ${name} has come`, name);
    for (let line; (line = socket.readLine({ limit: 1000 })) !== null;)
      say(`${name}: ${line}`, name);
  } catch (error) {
    console.error(`${name ?? "a stranger"}: ${error.message}`);
  } finally {
    if (name !== undefined) {
      people.delete(name);
      say(`* ${name} has gone`, name);
    }
    writer.kill();
    socket.close();
  }
}

const listener = listen({ host: "127.0.0.1", port: Number(process.argv[2] ?? 7001) });
console.log(`chat on port ${listener.port}`);
for (const socket of listener) spawn(chat, socket);
