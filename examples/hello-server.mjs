// Says hello to whoever asks: curl http://127.0.0.1:8080/?name=Ann
//   npx greenlit run hello-server.mjs [PORT]
import { sleep } from "greenlit";
import { serve } from "greenlit/net";

const port = Number(process.argv[2] ?? 8080);

function hello(request) {
  sleep(100); // ask a database; other requests go on meanwhile
  const name = new URL(request.url).searchParams.get("name") ?? "world";
  return { headers: { "content-type": "text/plain; charset=utf-8" }, body: `hello ${name}\n` };
}

const server = serve({ port, host: "127.0.0.1" }, hello);
console.log(`http://127.0.0.1:${server.port}/?name=Ann`);
server.join();
