import { fetch, serve } from "greenlit/net";

// A web site of our own, so that this runs anywhere.
const site = serve({ port: 0, host: "127.0.0.1" }, ({ path }) => ({ body: `this is ${path}` }));
const home = `http://127.0.0.1:${site.port}`;

const response = fetch(`${home}/tea`);
console.log(response.status, response.text());
site.stop();
