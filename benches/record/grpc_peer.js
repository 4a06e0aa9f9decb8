// A gRPC server or client over @grpc/grpc-js, for the recordings; messages are plain bytes.
// usage: node grpc_peer.js server PORT | node grpc_peer.js client PORT [CALLS]
"use strict";
const crypto = require("crypto");
const grpc = require("@grpc/grpc-js");

const same = value => value;
const METHODS = {
  "orders.v1.Orders": ["Get", "List", "Place", "Cancel", "Watch"],
  "inventory.v1.Stock": ["Reserve", "Release", "Levels"],
  "users.v2.Accounts": ["Login", "Profile", "Sessions"],
};
const STREAMS = new Set(["Watch", "Levels"]);

function definition(service) {
  const methods = {};
  for (const name of METHODS[service]) {
    methods[name] = {
      path: `/${service}/${name}`, requestStream: false, responseStream: STREAMS.has(name),
      requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same,
    };
  }
  return methods;
}

function trailer() {
  const fields = new grpc.Metadata();
  fields.set("x-cost", String(crypto.randomInt(1000)));
  return fields;
}

function unary(call, done) {
  if (crypto.randomInt(8) === 0) {
    return done({ code: grpc.status.FAILED_PRECONDITION, details: `version ${crypto.randomInt(9999)} is stale: 100%` });
  }
  done(null, Buffer.concat([call.request, crypto.randomBytes(crypto.randomInt(200))]), trailer());
}

function stream(call) {
  for (let number = 0; number <= crypto.randomInt(3); number++) call.write(call.request);
  call.end(trailer());
}

function serve(port) {
  const server = new grpc.Server();
  for (const service of Object.keys(METHODS)) {
    const handlers = {};
    for (const name of METHODS[service]) handlers[name] = STREAMS.has(name) ? stream : unary;
    server.addService(definition(service), handlers);
  }
  server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), error => {
    if (error) throw error;
  });
}

function once(client, service, name) {
  const fields = new grpc.Metadata();
  fields.set("authorization", "Bearer " + crypto.createHash("sha512").update("token").digest("base64url"));
  fields.set("x-request-id", crypto.randomUUID());
  if (crypto.randomInt(2)) {
    fields.set("traceparent", `00-${crypto.randomBytes(16).toString("hex")}-${crypto.randomBytes(8).toString("hex")}-01`);
  }
  const options = crypto.randomInt(3) ? { deadline: Date.now() + 1000 + crypto.randomInt(9000) } : {};
  const body = crypto.randomBytes(1 + crypto.randomInt(120));
  const path = `/${service}/${name}`;
  return new Promise(done => {
    if (STREAMS.has(name)) {
      const call = client.makeServerStreamRequest(path, same, same, body, fields, options);
      call.on("data", () => {}).on("error", () => {}).on("status", done);
    } else {
      client.makeUnaryRequest(path, same, same, body, fields, options, done);
    }
  });
}

async function call(port, calls) {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(),
    { "grpc.default_authority": "orders.example.com" });
  for (let number = 0; number < calls; number++) {
    const services = Object.keys(METHODS);
    const service = services[crypto.randomInt(services.length)];
    await once(client, service, METHODS[service][crypto.randomInt(METHODS[service].length)]);
  }
  client.close();
}

if (process.argv[2] === "server") serve(Number(process.argv[3]));
else call(Number(process.argv[3]), Number(process.argv[4] || 150));
