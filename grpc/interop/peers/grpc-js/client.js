// gRPC's interoperability tests by @grpc/grpc-js.
'use strict';

const assert = require('assert').strict;
const fs = require('fs');
const { grpc, ECHO_INITIAL, ECHO_TRAILING, testing, flags, payload } = require('./common');

const REQUESTS = [27182, 8, 1828, 45904];
const RESPONSES = [31415, 9, 2653, 58979];
const LARGE = [271828, 314159];
const SPECIAL = '\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1f608}\t\n';
const GZIP = 2;
const NO_COMPRESS = 2;

/** The library has no way to do it. */
class Lacks extends Error {}

const options = flags({
  server_host: 'localhost',
  server_port: '10000',
  server_host_override: '',
  test_case: 'large_unary',
  use_tls: false,
  use_test_ca: false,
  ca_file: '',
});

function clients(more) {
  const name = options.server_host_override;
  const channel = { ...more, 'grpc.max_receive_message_length': -1 };
  if (name) {
    channel['grpc.ssl_target_name_override'] = name;
    channel['grpc.default_authority'] = name;
  }
  const credentials = options.use_tls
    ? grpc.credentials.createSsl(fs.readFileSync(options.ca_file))
    : grpc.credentials.createInsecure();
  const port = options.server_port === '0' ? '' : `:${options.server_port}`;
  const target = `${options.server_host}${port}`;
  const { TestService, UnimplementedService } = testing();
  const test = new TestService(target, credentials, channel);
  return { test, other: new UnimplementedService(target, credentials, channel) };
}

const { test, other } = clients({});
let packing = null;
/** A client whose messages are compressed. */
function compressing() {
  packing ??= clients({ 'grpc.default_compression_algorithm': GZIP }).test;
  return packing;
}

const deadline = (ms = 60000) => ({ deadline: Date.now() + ms });

const large = (more) => ({ response_size: LARGE[1], payload: payload(LARGE[0]), ...more });
const turn = (request, response) => ({
  response_parameters: [{ size: response }],
  payload: payload(request),
});

/** A unary call; its value has reply, head and trailers. */
function unary(client, method, request, metadata = new grpc.Metadata(), ms = 60000) {
  return new Promise((resolve, reject) => {
    const got = {};
    const call = client[method](request, metadata, deadline(ms), (error, reply) => {
      if (error) reject(error);
      else setImmediate(() => resolve({ ...got, reply }));
    });
    call.on('metadata', (head) => (got.head = head));
    call.on('status', (status) => (got.trailers = status.metadata));
  });
}

function checkLarge({ reply }) {
  assert.equal(reply.payload.body.length, LARGE[1]);
  assert.ok(reply.payload.body.every((octet) => octet === 0), 'not all zeros');
}

/** A call with requests and responses in lock step. */
function duplex(call) {
  const inbox = [];
  let waiting = null;
  let head;
  let trailers;
  const put = (entry) => {
    inbox.push(entry);
    waiting?.();
  };
  call.on('metadata', (fields) => (head = fields));
  call.on('status', (status) => {
    trailers = status.metadata;
    put({ status });
  });
  call.on('data', (reply) => put({ reply }));
  call.on('error', () => {});
  /** The next response; null at the end of a call that went well. */
  async function next() {
    while (inbox.length === 0) await new Promise((resolve) => (waiting = resolve));
    const { reply, status } = inbox.shift();
    if (!status) return reply;
    if (status.code === grpc.status.OK) return null;
    throw Object.assign(new Error(status.details), status);
  }
  return { call, next, head: () => head, trailers: () => trailers };
}

async function endedWith(code, run, message) {
  let value;
  try {
    value = await run();
  } catch (error) {
    assert.equal(error.code, code, `${error.code} (${error.details ?? error.message})`);
    if (message !== undefined) assert.equal(error.details, message);
    return;
  }
  assert.fail(`${JSON.stringify(value)} and no error ${code}`);
}

/** An upload; `write` sends its requests. */
function upload(client, write, cancel = false) {
  return new Promise((resolve, reject) => {
    const done = (error, reply) => (error ? reject(error) : resolve(reply));
    const call = client.StreamingInputCall(new grpc.Metadata(), deadline(), done);
    if (cancel) return call.cancel();
    write(call);
    call.end();
  });
}

const echoes = () => {
  const metadata = new grpc.Metadata();
  metadata.set(ECHO_INITIAL, 'test_initial_metadata_value');
  metadata.set(ECHO_TRAILING, Buffer.from('ababab', 'hex'));
  return metadata;
};

function checkEchoes(head, trailers) {
  assert.deepEqual(head.get(ECHO_INITIAL), ['test_initial_metadata_value']);
  assert.deepEqual(trailers.get(ECHO_TRAILING), [Buffer.from('ababab', 'hex')]);
}

const cases = {
  async empty_unary() {
    await unary(test, 'EmptyCall', {});
  },
  async large_unary() {
    checkLarge(await unary(test, 'UnaryCall', large()));
  },
  async client_streaming() {
    const write = (call) => REQUESTS.forEach((size) => call.write({ payload: payload(size) }));
    assert.equal((await upload(test, write)).aggregated_payload_size, 74922);
  },
  async server_streaming() {
    const request = { response_parameters: RESPONSES.map((size) => ({ size })) };
    const stream = duplex(test.StreamingOutputCall(request, new grpc.Metadata(), deadline()));
    for (const size of RESPONSES) assert.equal((await stream.next()).payload.body.length, size);
    assert.equal(await stream.next(), null);
  },
  async ping_pong() {
    const stream = duplex(test.FullDuplexCall(new grpc.Metadata(), deadline()));
    for (const [at, size] of RESPONSES.entries()) {
      stream.call.write(turn(REQUESTS[at], size));
      assert.equal((await stream.next()).payload.body.length, size);
    }
    stream.call.end();
    assert.equal(await stream.next(), null);
  },
  async empty_stream() {
    const stream = duplex(test.FullDuplexCall(new grpc.Metadata(), deadline()));
    stream.call.end();
    assert.equal(await stream.next(), null);
  },
  async custom_metadata() {
    const one = await unary(test, 'UnaryCall', large(), echoes());
    checkLarge(one);
    checkEchoes(one.head, one.trailers);
    const stream = duplex(test.FullDuplexCall(echoes(), deadline()));
    stream.call.write(turn(...LARGE));
    assert.equal((await stream.next()).payload.body.length, LARGE[1]);
    stream.call.end();
    assert.equal(await stream.next(), null);
    checkEchoes(stream.head(), stream.trailers());
  },
  async status_code_and_message() {
    const message = 'test status message';
    const response_status = { code: 2, message };
    await endedWith(2, () => unary(test, 'UnaryCall', { response_status }), message);
    const stream = duplex(test.FullDuplexCall(new grpc.Metadata(), deadline()));
    stream.call.write({ response_status });
    stream.call.end();
    await endedWith(2, stream.next, message);
  },
  async special_status_message() {
    const request = { response_status: { code: 2, message: SPECIAL } };
    const call = () => unary(test, 'UnaryCall', request, new grpc.Metadata(), 10000);
    await endedWith(2, call, SPECIAL);
  },
  async unimplemented_method() {
    await endedWith(12, () => unary(test, 'UnimplementedCall', {}));
  },
  async unimplemented_service() {
    await endedWith(12, () => unary(other, 'UnimplementedCall', {}));
  },
  async cancel_after_begin() {
    await endedWith(1, () => upload(test, null, true));
  },
  async cancel_after_first_response() {
    const stream = duplex(test.FullDuplexCall(new grpc.Metadata(), deadline()));
    stream.call.write(turn(27182, 31415));
    assert.equal((await stream.next()).payload.body.length, 31415);
    stream.call.cancel();
    await endedWith(1, stream.next);
  },
  async timeout_on_sleeping_server() {
    await cases.empty_unary();
    const stream = duplex(test.FullDuplexCall(new grpc.Metadata(), deadline(1)));
    stream.call.write({ payload: payload(27182) });
    await endedWith(4, stream.next);
  },
  async client_compressed_unary() {
    const expect = (value) => large({ expect_compressed: { value } });
    await endedWith(3, () => unary(test, 'UnaryCall', expect(true)));
    checkLarge(await unary(compressing(), 'UnaryCall', expect(true)));
    checkLarge(await unary(test, 'UnaryCall', expect(false)));
  },
  async client_compressed_streaming() {
    const part = (size, value) => ({ payload: payload(size), expect_compressed: { value } });
    await endedWith(3, () => upload(test, (call) => call.write(part(27182, true))));
    const reply = await upload(compressing(), (call) => {
      call.write(part(27182, true));
      call.write(part(45904, false), NO_COMPRESS);
    });
    assert.equal(reply.aggregated_payload_size, 73086);
  },
  async server_compressed_unary() {
    throw new Lacks('a client cannot see whether a message came compressed');
  },
  async server_compressed_streaming() {
    throw new Lacks('a client cannot see whether a message came compressed');
  },
  async concurrent_large_unary() {
    const calls = Array.from({ length: 100 }, () => unary(test, 'UnaryCall', large()));
    (await Promise.all(calls)).forEach(checkLarge);
  },
  async rpc_soak() {
    for (let done = 0; done < 10; done += 1) await cases.large_unary();
  },
};

async function main() {
  let failed = false;
  for (const name of options.test_case.split(',')) {
    try {
      await cases[name]();
      console.log(`PASS ${name}`);
    } catch (error) {
      const text = `${error.message}`.replace(/\s+/g, ' ');
      const lacks = error instanceof Lacks;
      console.log(`${lacks ? 'LACK' : 'FAIL'} ${name}: ${text}`);
      failed ||= !lacks;
    }
  }
  process.exit(failed ? 1 : 0);
}

main();
