// Node's ws as a fan-out: see ../fanout.py for what it is asked.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { WebSocketServer } from "ws";

const ws = JSON.parse(readFileSync(new URL("node_modules/ws/package.json", import.meta.url)));
const clients = [];
const server = new WebSocketServer({ host: "127.0.0.1", port: 0 }, () => {
  console.log(JSON.stringify({ port: server.address().port, version: `ws ${ws.version}, node ${process.versions.node}` }));
});
server.on("connection", (client) => {
  client.on("message", () => clients.push(client));
});

for await (const line of createInterface({ input: process.stdin })) {
  const round = JSON.parse(line);
  while (clients.length < round.length) await setTimeout(10);
  let bytes = 0;
  const began = performance.now();
  await new Promise((written) => {
    let left = clients.length;
    clients.forEach((client, place) => {
      const text = JSON.stringify(round[place]);
      bytes += text.length + (text.length < 126 ? 2 : 4);
      client.send(text, () => {
        left -= 1;
        if (left === 0) written();
      });
    });
  });
  console.log(JSON.stringify({ spent_s: (performance.now() - began) / 1000, bytes }));
}
process.exit();
