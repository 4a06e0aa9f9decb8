// grpc.testing.TestService on @grpc/grpc-js.
'use strict';

const fs = require('fs');
const { grpc, ECHO_INITIAL, ECHO_TRAILING, testing, flags, payload } = require('./common');

/** Sends back in the head what the client asked for; returns the trailers. */
function echo(call) {
  const trailers = new grpc.Metadata();
  for (const value of call.metadata.get(ECHO_TRAILING)) trailers.add(ECHO_TRAILING, value);
  const head = new grpc.Metadata();
  for (const value of call.metadata.get(ECHO_INITIAL)) head.add(ECHO_INITIAL, value);
  call.sendMetadata(head);
  return trailers;
}

/** The status that the client asked for, if it did. */
function wanted(request) {
  const status = request.response_status;
  return status && status.code ? { code: status.code, details: status.message } : null;
}

async function respond(call, request) {
  for (const wish of request.response_parameters) {
    if (wish.interval_us > 0) {
      await new Promise((resolve) => setTimeout(resolve, wish.interval_us / 1000));
    }
    call.write({ payload: payload(wish.size) });
  }
}

/** Answers requests one after the other; ends the call with the trailers behind the last. */
function duplex(call, answer) {
  const trailers = echo(call);
  let last = Promise.resolve();
  call.on('data', (request) => {
    const status = wanted(request);
    last = last.then(() => (status ? call.emit('error', status) : answer(request)));
  });
  call.on('end', () => last.then(() => answer(null)).then(() => call.end(trailers)));
}

const tests = {
  EmptyCall(call, done) {
    done(null, {}, echo(call));
  },
  UnaryCall(call, done) {
    const trailers = echo(call);
    const status = wanted(call.request);
    if (status) return done(status);
    done(null, { payload: payload(call.request.response_size) }, trailers);
  },
  async StreamingOutputCall(call) {
    const trailers = echo(call);
    await respond(call, call.request);
    const status = wanted(call.request);
    if (status) call.emit('error', status);
    else call.end(trailers);
  },
  StreamingInputCall(call, done) {
    let sum = 0;
    call.on('data', (request) => (sum += request.payload ? request.payload.body.length : 0));
    call.on('end', () => done(null, { aggregated_payload_size: sum }));
  },
  FullDuplexCall(call) {
    duplex(call, (request) => request && respond(call, request));
  },
  HalfDuplexCall(call) {
    const all = [];
    duplex(call, async (request) => {
      if (request) return all.push(request);
      for (const earlier of all) await respond(call, earlier);
    });
  },
};

const options = flags({
  port: '10000',
  bind_address: '0.0.0.0',
  use_tls: false,
  tls_cert_file: '',
  tls_key_file: '',
});
const server = new grpc.Server();
// A method that is given no function is answered with UNIMPLEMENTED.
server.addService(testing().TestService.service, tests);
const credentials = options.use_tls
  ? grpc.ServerCredentials.createSsl(null, [
      {
        cert_chain: fs.readFileSync(options.tls_cert_file),
        private_key: fs.readFileSync(options.tls_key_file),
      },
    ])
  : grpc.ServerCredentials.createInsecure();
const unix = options.bind_address.startsWith('unix:');
const address = unix ? options.bind_address : `${options.bind_address}:${options.port}`;
server.bindAsync(address, credentials, (error, port) => {
  if (error) throw error;
  console.log(`listening on ${unix ? address : `${options.bind_address}:${port}`}`);
});
