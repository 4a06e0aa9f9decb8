// What the client and the server on @grpc/grpc-js share.
'use strict';

const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const ECHO_INITIAL = 'x-grpc-test-echo-initial';
const ECHO_TRAILING = 'x-grpc-test-echo-trailing-bin';

/** The services of grpc.testing; BYWASH_PROTOS is where their definitions are. */
function testing() {
  const file = path.join(process.env.BYWASH_PROTOS, 'grpc/testing/test.proto');
  const definition = loader.loadSync(file, {
    includeDirs: [process.env.BYWASH_PROTOS],
    keepCase: true,
    defaults: true,
    oneofs: true,
  });
  return grpc.loadPackageDefinition(definition).grpc.testing;
}

/** Reads --name=value over the defaults; a switch may stand alone. */
function flags(defaults) {
  const out = { ...defaults };
  for (const argument of process.argv.slice(2)) {
    const [, name, value] = /^--([a-z_]+)(?:=(.*))?$/s.exec(argument) ?? [];
    if (name === undefined || !(name in defaults)) {
      throw new Error(`there is no flag ${argument}`);
    }
    out[name] = typeof defaults[name] === 'boolean' ? value === undefined || value === 'true' : value;
  }
  return out;
}

function payload(size) {
  return { type: 0, body: Buffer.alloc(size) };
}

module.exports = { grpc, ECHO_INITIAL, ECHO_TRAILING, testing, flags, payload };
