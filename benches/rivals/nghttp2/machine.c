/* nghttp2's session as a bare protocol machine: machine-nghttp2 MODE N BATCH SIZE.
 *
 * The same cases as the Rust binary `machine` (see ../../README.md), without sockets: what a
 * scripted client sends goes to nghttp2_session_mem_recv, nghttp2_session_mem_send gives what
 * would be written, which is counted and dropped.
 */
#include "recorded.h"
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef DATA
#define DATA "data"
#endif

enum { BODY_MAX = 1 << 24, RECEIVE_WINDOW = 1 << 30 };

static uint8_t body_bytes[BODY_MAX];

/* What one response has yet to send; slots are taken in order within a batch. */
struct answer {
  size_t left;
  const struct head *trailers;
};

struct app {
  nghttp2_session *session;
  size_t size;
  struct answer *answers;
  size_t next_answer, capacity;
  nghttp2_nv *fields;
  size_t field_count;
  const struct message *replies; /* mode real: the answer of each request, in order */
  size_t next_reply, reply_count;
  uint64_t seen;      /* the program looks at what it gets */
  uint64_t requests, responses;
};

static void check(int result, const char *what) {
  if (result < 0) {
    fprintf(stderr, "%s: %s\n", what, nghttp2_strerror(result));
    exit(1);
  }
}

#define FIELD(n, v)                                                                               \
  {(uint8_t *)(n), (uint8_t *)(v), sizeof(n) - 1, sizeof(v) - 1,                                   \
   NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE}

static ssize_t read_answer(nghttp2_session *session, int32_t stream, uint8_t *to, size_t room,
                           uint32_t *flags, nghttp2_data_source *source, void *user) {
  struct answer *answer = source->ptr;
  (void)user;
  size_t length = answer->left < room ? answer->left : room;
  memcpy(to, body_bytes, length);
  answer->left -= length;
  if (answer->left == 0) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (answer->trailers) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      check(nghttp2_submit_trailer(session, stream, answer->trailers->fields,
                                   answer->trailers->count),
            "trailers");
    }
  }
  return (ssize_t)length;
}

static void respond(struct app *app, int32_t stream) {
  struct answer *answer = &app->answers[app->next_answer++ % app->capacity];
  nghttp2_data_provider provider = {.source = {.ptr = answer}, .read_callback = read_answer};
  app->requests++;
  *answer = (struct answer){.left = app->size};
  if (!app->replies) {
    check(nghttp2_submit_response(app->session, stream, app->fields, app->field_count,
                                  app->size ? &provider : NULL),
          "response");
    return;
  }
  const struct message *reply = &app->replies[app->next_reply++ % app->reply_count];
  answer->left = reply->body;
  if (reply->head_count > 1) answer->trailers = &reply->heads[1];
  check(nghttp2_submit_response(app->session, stream, reply->heads[0].fields, reply->heads[0].count,
                                reply->body || answer->trailers ? &provider : NULL),
        "response");
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *user) {
  (void)session, (void)frame, (void)name, (void)value, (void)flags;
  ((struct app *)user)->seen += name_length + value_length;
  return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t length, void *user) {
  (void)session, (void)flags, (void)stream, (void)data;
  ((struct app *)user)->seen += length;
  return 0;
}

static int on_server_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  (void)session;
  if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
      (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
    respond(user, frame->hd.stream_id);
  }
  return 0;
}

static int on_client_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  (void)session;
  if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
      (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
    ((struct app *)user)->responses++;
  }
  return 0;
}

static void open_session(struct app *app, int server, uint32_t streams) {
  static nghttp2_session_callbacks *callbacks[2];
  if (!callbacks[server]) {
    nghttp2_session_callbacks_new(&callbacks[server]);
    nghttp2_session_callbacks_set_on_header_callback(callbacks[server], on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks[server], on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks[server], server ? on_server_frame : on_client_frame);
  }
  nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams < 100 ? 100 : streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, RECEIVE_WINDOW},
  };
  if (server) {
    check(nghttp2_session_server_new(&app->session, callbacks[1], app), "session");
  } else {
    check(nghttp2_session_client_new(&app->session, callbacks[0], app), "session");
  }
  check(nghttp2_submit_settings(app->session, 0, settings, 2), "settings");
  check(nghttp2_session_set_local_window_size(app->session, 0, 0, RECEIVE_WINDOW), "window");
}

static struct app new_app(size_t batch, size_t size) {
  static nghttp2_nv fields[] = {FIELD(":status", "200"), FIELD("content-type", "text/plain"),
                                FIELD("content-length", "0")};
  static char length[24];
  fields[2].valuelen = (size_t)snprintf(length, sizeof length, "%zu", size);
  fields[2].value = (uint8_t *)length;
  struct app app = {.size = size, .fields = fields, .field_count = 3, .capacity = batch};
  app.answers = calloc(batch, sizeof *app.answers);
  if (!app.answers) exit(1);
  return app;
}

static void feed(struct app *app, const uint8_t *bytes, size_t length) {
  ssize_t used = nghttp2_session_mem_recv(app->session, bytes, length);
  check((int)used, "receive");
  if ((size_t)used != length) {
    fprintf(stderr, "receive: stopped early\n");
    exit(1);
  }
}

/* Writes all there is to nowhere, or to `peer`. */
static uint64_t drain(struct app *app, struct app *peer) {
  const uint8_t *bytes;
  ssize_t length;
  uint64_t total = 0;
  while ((length = nghttp2_session_mem_send(app->session, &bytes)) > 0) {
    total += (uint64_t)length;
    if (peer) feed(peer, bytes, (size_t)length);
  }
  check((int)length, "send");
  return total;
}

/* Opens a server's session and takes it to the steady state by one exchange. */
static void warm_server(struct app *app, size_t batch) {
  struct bytes in = {0};
  open_session(app, 1, (uint32_t)batch);
  append_opening(&in);
  append_first_get(&in, 1);
  feed(app, in.at, in.length);
  drain(app, NULL);
  in.length = 0;
  append_settings_ack(&in);
  append_get(&in, 3);
  feed(app, in.at, in.length);
  drain(app, NULL);
  free(in.at);
}

struct outcome {
  uint64_t ns, out;
};

static void set_stream(uint8_t *frame, uint32_t stream) {
  frame[5] = (uint8_t)(stream >> 24);
  frame[6] = (uint8_t)(stream >> 16);
  frame[7] = (uint8_t)(stream >> 8);
  frame[8] = (uint8_t)stream;
}

static struct outcome run_srv(uint64_t n, size_t batch, size_t size) {
  struct app app = new_app(batch, size);
  struct bytes in = {0};
  struct outcome outcome = {0};
  uint32_t stream = 5;
  uint64_t credit = WINDOW - 2 * size;
  warm_server(&app, batch);
  for (size_t i = 0; i < batch; i++) append_get(&in, 0);
  size_t requests = in.length, each = in.length / batch;
  append_window_update(&in, size ? (uint32_t)(batch * size) : 1);
  outcome.ns = cpu_ns();
  for (uint64_t done = 0; done < n;) {
    size_t now = n - done < batch ? (size_t)(n - done) : batch;
    for (size_t i = 0; i < now; i++, stream += 2) set_stream(in.at + i * each, stream);
    feed(&app, in.at, now * each);
    outcome.out += drain(&app, NULL);
    done += now;
    credit -= now * size;
    if (credit < 2 * batch * size) { /* hardly ever */
      feed(&app, in.at + requests, in.length - requests);
      credit += batch * size;
    }
  }
  outcome.ns = cpu_ns() - outcome.ns;
  if (app.requests != n + 2) exit(3);
  return outcome;
}

static struct outcome run_xchg(uint64_t n, size_t batch, size_t size) {
  static nghttp2_nv request[] = {FIELD(":method", "GET"), FIELD(":scheme", "http"),
                                 FIELD(":path", "/"), FIELD(":authority", "127.0.0.1:8080"),
                                 FIELD("user-agent", "h2load nghttp2/1.52.0")};
  struct app server = new_app(batch, size), client = new_app(batch, size);
  struct outcome outcome = {0};
  open_session(&server, 1, (uint32_t)batch);
  open_session(&client, 0, (uint32_t)batch);
  for (int i = 0; i < 4; i++) {
    if (i < 2) check(nghttp2_submit_request(client.session, NULL, request, 5, NULL, NULL), "request");
    drain(&client, &server);
    drain(&server, &client);
  }
  outcome.ns = cpu_ns();
  for (uint64_t done = 0; done < n;) {
    size_t now = n - done < batch ? (size_t)(n - done) : batch;
    for (size_t i = 0; i < now; i++) {
      check(nghttp2_submit_request(client.session, NULL, request, 5, NULL, NULL), "request");
    }
    outcome.out += drain(&client, &server);
    outcome.out += drain(&server, &client);
    done += now;
  }
  outcome.ns = cpu_ns() - outcome.ns;
  if (client.responses != n + 2 || server.requests != n + 2) exit(3);
  return outcome;
}

/* `frame` is fed N times, BATCH of them in one buffer. */
static struct outcome run_frames(struct app *app, uint64_t n, size_t batch, struct bytes *in) {
  struct outcome outcome = {0};
  size_t each = in->length / batch;
  outcome.ns = cpu_ns();
  for (uint64_t done = 0; done < n;) {
    size_t now = n - done < batch ? (size_t)(n - done) : batch;
    feed(app, in->at, now * each);
    outcome.out += drain(app, NULL);
    done += now;
  }
  outcome.ns = cpu_ns() - outcome.ns;
  return outcome;
}

static struct outcome run_data(uint64_t n, size_t batch, size_t size) {
  struct app app = new_app(batch, size);
  struct bytes in = {0};
  warm_server(&app, batch);
  append_post(&in, 5);
  feed(&app, in.at, in.length);
  in.length = 0;
  for (size_t i = 0; i < batch; i++) append_frame(&in, 0, 0, 5, body_bytes, size);
  app.seen = 0;
  struct outcome outcome = run_frames(&app, n, batch, &in);
  if (app.seen != n * size) exit(3);
  return outcome;
}

static struct outcome run_ctl(uint64_t n, size_t batch) {
  struct app app = new_app(batch, 12);
  struct bytes in = {0};
  open_session(&app, 1, (uint32_t)batch);
  append(&in, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
  append_frame(&in, 4, 0, 0, NULL, 0);
  append_first_get(&in, 1);
  feed(&app, in.at, in.length);
  drain(&app, NULL);
  in.length = 0;
  append_settings_ack(&in);
  feed(&app, in.at, in.length);
  in.length = 0;
  for (size_t i = 0; i < batch; i++) append_window_update(&in, 1);
  return run_frames(&app, n, batch, &in);
}

static struct outcome run_conn(uint64_t n, size_t size) {
  struct app app = new_app(1, size);
  struct bytes in = {0}, ack = {0};
  struct outcome outcome = {0};
  append_opening(&in);
  append_first_get(&in, 1);
  append_settings_ack(&ack);
  append_frame(&ack, 7, 0, 0, "\0\0\0\0\0\0\0\0", 8); /* GOAWAY(0, NO_ERROR) */
  outcome.ns = cpu_ns();
  for (uint64_t i = 0; i < n; i++) {
    open_session(&app, 1, 100);
    feed(&app, in.at, in.length);
    outcome.out += drain(&app, NULL);
    feed(&app, ack.at, ack.length);
    outcome.out += drain(&app, NULL);
    nghttp2_session_del(app.session);
  }
  outcome.ns = cpu_ns() - outcome.ns;
  if (app.requests != n) exit(3);
  return outcome;
}

/* The frames of one recorded request; its blocks follow each other in requests.hpack. */
static const struct block *append_recorded(struct bytes *to, const struct message *request,
                                           const struct block *block, uint32_t stream) {
  /* A new connection of the set is a new context: the table is emptied by two size updates. */
  static const uint8_t emptied[] = {0x20, 0x3f, 0xe1, 0x1f};
  int body = request->body > 0 || request->head_count > 1;
  size_t extra = request->first ? sizeof emptied : 0;
  append_frame(to, 1, body ? 4 : 5, stream, NULL, 0);
  uint8_t *length = to->at + to->length - 9;
  append(to, emptied, extra);
  append(to, block->bytes, block->length);
  length = to->at + to->length - 9 - extra - block->length;
  length[1] = (uint8_t)((block->length + extra) >> 8);
  length[2] = (uint8_t)(block->length + extra);
  if (body) append_frame(to, 0, request->head_count == 1, stream, body_bytes, request->body);
  block++;
  for (size_t i = 1; i < request->head_count; i++, block++) {
    append_frame(to, 1, 5, stream, block->bytes, block->length);
  }
  return block;
}

static struct outcome run_real(uint64_t n, size_t batch) {
  struct set requests = read_set(DATA "/requests.txt"), replies = read_set(DATA "/responses.txt");
  size_t block_count;
  struct block *blocks = read_blocks(DATA "/requests.hpack", &block_count);
  struct app app = new_app(batch, 0);
  struct outcome outcome = {0};
  struct bytes in = {0};
  const struct block *block = blocks;
  uint32_t stream = 5;
  uint64_t sent = 0;
  warm_server(&app, batch);
  app.replies = replies.messages;
  app.reply_count = replies.count;
  outcome.ns = cpu_ns();
  for (uint64_t done = 0; done < n;) {
    size_t now = n - done < batch ? (size_t)(n - done) : batch;
    in.length = 0;
    if (sent > 1u << 24) {
      append_window_update(&in, (uint32_t)sent);
      sent = 0;
    }
    for (size_t i = 0; i < now; i++, done++, stream += 2) {
      const struct message *request = &requests.messages[done % requests.count];
      if (done % requests.count == 0) block = blocks;
      block = append_recorded(&in, request, block, stream);
      sent += replies.messages[done % requests.count].body;
    }
    feed(&app, in.at, in.length);
    outcome.out += drain(&app, NULL);
  }
  outcome.ns = cpu_ns() - outcome.ns;
  if (app.requests != n + 2) exit(3);
  return outcome;
}

static int usage(const char *why) {
  fprintf(stderr, "%s; usage: machine-nghttp2 srv|xchg|data|ctl|conn|real N BATCH SIZE\n", why);
  return 2;
}

int main(int argc, char **argv) {
  char *ends[3];
  if (argc != 5) return usage("four arguments are needed");
  uint64_t n = strtoull(argv[2], &ends[0], 10);
  size_t batch = strtoull(argv[3], &ends[1], 10), size = strtoull(argv[4], &ends[2], 10);
  if (*ends[0] || *ends[1] || *ends[2]) return usage("N, BATCH and SIZE are numbers");
  if (n == 0 || batch == 0 || size > BODY_MAX) return usage("N or BATCH is 0, or SIZE too large");
  struct outcome outcome;
  const char *mode = argv[1];
  if (strcmp(mode, "srv") == 0) outcome = run_srv(n, batch, size);
  else if (strcmp(mode, "xchg") == 0) outcome = run_xchg(n, batch, size);
  else if (strcmp(mode, "data") == 0 && size <= 16384) outcome = run_data(n, batch, size);
  else if (strcmp(mode, "ctl") == 0) outcome = run_ctl(n, batch);
  else if (strcmp(mode, "conn") == 0) outcome = run_conn(n, size);
  else if (strcmp(mode, "real") == 0) outcome = run_real(n, batch);
  else return usage("no such mode, or a DATA frame over 16384 bytes");
  printf("{\"impl\":\"nghttp2\",\"mode\":\"%s\",\"n\":%llu,\"batch\":%zu,\"size\":%zu,"
         "\"cpu_ns\":%llu,\"ns_per_op\":%.1f,\"out_bytes\":%llu}\n",
         mode, (unsigned long long)n, batch, size, (unsigned long long)outcome.ns,
         (double)outcome.ns / (double)n, (unsigned long long)outcome.out);
  return 0;
}
