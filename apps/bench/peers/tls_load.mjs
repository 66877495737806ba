#!/usr/bin/env node
// As load.c, over TLS: tls_load.mjs tls PORT BYTES CONNECTIONS SECONDS.
import { connect } from "node:tls";

const [, port, size, count, seconds] = process.argv.slice(2).map(Number);
const message = Buffer.alloc(size, "x");
let took = [];

function fail(error) {
  console.error("Error:", error.message);
  process.exit(1);
}

const open = () =>
  new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      socket.setNoDelay(true);
      resolve(socket);
    });
    socket.on("error", fail);
    socket.on("close", () => fail(new Error("the server closed a connection")));
  });

function load(socket) {
  let received = 0;
  let began = performance.now();
  socket.on("data", (data) => {
    received += data.length;
    if (received < size) return;
    const now = performance.now();
    took.push(now - began);
    began = now;
    received = 0;
    socket.write(message);
  });
  socket.write(message);
}

const sockets = await Promise.all(Array.from({ length: count }, open));
sockets.forEach(load);
await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / 4));
took = [];
console.log("warm");
const start = performance.now();
await new Promise((resolve) => setTimeout(resolve, (seconds * 1000 * 3) / 4));
const roundTrips = took.length;
took.sort((a, b) => a - b);
const quantile = (q) =>
  Math.round(1000 * took[Math.min(roundTrips - 1, Math.floor(roundTrips * q))]);
const rate = roundTrips / ((performance.now() - start) / 1000);
console.log(JSON.stringify({ rate, p50: quantile(0.5), p99: quantile(0.99), roundTrips }));
process.exit();
