// The API that recorded clients call: plain HTTP/2 on 127.0.0.1, usage: node api.js PORT
"use strict";
const http2 = require("http2");
const crypto = require("crypto");

const etags = new Map();

function common(headers) {
  return {
    date: new Date().toUTCString(),
    "x-request-id": crypto.randomUUID(),
    "server-timing": `db;dur=${(Math.random() * 40).toFixed(1)}, app;dur=${(Math.random() * 9).toFixed(2)}`,
    "access-control-allow-origin": headers.origin || "*",
    "access-control-allow-credentials": "true",
    vary: "origin, accept-encoding",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
  };
}

function item(path) {
  let size = 40 + (crypto.createHash("md5").update(path).digest()[0] * 8);
  return JSON.stringify({ path, data: "x".repeat(size) });
}

function reply(stream, headers, extra, body) {
  const head = { ...common(headers), ...extra };
  if (body !== undefined) head["content-length"] = Buffer.byteLength(body);
  stream.respond(head, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
}

function get(stream, headers, path) {
  const body = item(path);
  const etag = `W/"${crypto.createHash("sha1").update(body).digest("base64").slice(0, 27)}"`;
  if (headers["if-none-match"] === etag) {
    return reply(stream, headers, { ":status": 304, etag });
  }
  const extra = {
    ":status": 200, etag,
    "content-type": "application/json; charset=utf-8",
    "cache-control": path.includes("search") ? "private, no-cache" : `private, max-age=${crypto.randomInt(600)}`,
    "x-ratelimit-limit": "1000",
    "x-ratelimit-remaining": String(crypto.randomInt(1000)),
  };
  const cookies = [];
  if (!/session=/.test(headers.cookie || "")) {
    cookies.push(`session=${crypto.randomBytes(24).toString("base64url")}; Domain=example.com; Path=/; Secure; HttpOnly; SameSite=None`);
    cookies.push(`theme=dark; Domain=example.com; Path=/; Max-Age=31536000; Secure; SameSite=None`);
  }
  if (crypto.randomInt(8) === 0) {
    cookies.push(`seen=${Date.now()}.${crypto.randomInt(1e6)}; Domain=example.com; Path=/; Secure; SameSite=None`);
  }
  if (cookies.length) extra["set-cookie"] = cookies;
  reply(stream, headers, extra, body);
}

function answer(stream, headers) {
  const path = headers[":path"];
  switch (headers[":method"]) {
    case "OPTIONS":
      return reply(stream, headers, {
        ":status": 204, "access-control-allow-methods": "GET, POST, DELETE",
        "access-control-allow-headers": "content-type, x-csrf-token", "access-control-max-age": "3",
      });
    case "POST":
      return reply(stream, headers, {
        ":status": 201, "content-type": "application/json",
        location: `/v1/cart/${crypto.randomInt(1e6)}`,
      }, JSON.stringify({ ok: true, id: crypto.randomUUID() }));
    case "DELETE":
      return reply(stream, headers, { ":status": 204 });
    default:
      if (crypto.randomInt(20) === 0) {
        return reply(stream, headers, { ":status": 404, "content-type": "application/problem+json" },
          JSON.stringify({ title: "not found", path }));
      }
      return get(stream, headers, path);
  }
}

http2.createServer().on("stream", (stream, headers) => {
  stream.on("error", () => {});
  stream.resume();
  const delay = headers[":path"].startsWith("/v1/slow") ? 1500 : 0;
  stream.on("end", () => setTimeout(() => stream.destroyed || answer(stream, headers), delay));
}).listen(Number(process.argv[2]), "127.0.0.1");
