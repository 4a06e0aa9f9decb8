/* What nghttp2's server sessions hold on the heap, measured as for the others: heap-nghttp2. */
#include "script.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>

static size_t live, calls;

/* Every block carries its size before it. */
static void *sized(void *old, size_t size) {
  size_t *block = old ? (size_t *)old - 2 : NULL;
  if (block) live -= block[0];
  block = realloc(block, size + 2 * sizeof *block);
  if (!block) exit(1);
  block[0] = size;
  live += size;
  calls++;
  return block + 2;
}

static void *counted_malloc(size_t size, void *user) { return (void)user, sized(NULL, size); }

static void *counted_calloc(size_t count, size_t size, void *user) {
  (void)user;
  char *block = sized(NULL, count * size);
  for (size_t i = 0; i < count * size; i++) block[i] = 0;
  return block;
}

static void *counted_realloc(void *old, size_t size, void *user) { return (void)user, sized(old, size); }

static void counted_free(void *old, void *user) {
  (void)user;
  if (!old) return;
  size_t *block = (size_t *)old - 2;
  live -= block[0];
  free(block);
}

static int answering;

static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *to, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *user) {
  (void)session, (void)stream, (void)room, (void)source, (void)user;
  for (int i = 0; i < 12; i++) to[i] = "hello, world"[i];
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  return 12;
}

#define FIELD(n, v)                                                                               \
  {(uint8_t *)(n), (uint8_t *)(v), sizeof(n) - 1, sizeof(v) - 1,                                   \
   NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  static nghttp2_nv fields[] = {FIELD(":status", "200"), FIELD("content-type", "text/plain"),
                                FIELD("content-length", "12")};
  nghttp2_data_provider provider = {.read_callback = read_body};
  (void)user;
  if (answering && frame->hd.type == NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
    return nghttp2_submit_response(session, frame->hd.stream_id, fields, 3, &provider);
  }
  return 0;
}

static void turn(nghttp2_session *session, struct bytes *in) {
  const uint8_t *out;
  if (nghttp2_session_mem_recv(session, in->at, in->length) != (ssize_t)in->length) exit(1);
  while (nghttp2_session_mem_send(session, &out) > 0) {
  }
  in->length = 0;
}

static nghttp2_session *settled(struct bytes *in) {
  static nghttp2_mem memory = {NULL, counted_malloc, counted_free, counted_calloc, counted_realloc};
  static nghttp2_session_callbacks *callbacks;
  nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 2000}};
  nghttp2_session *session;
  if (!callbacks) {
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  }
  if (nghttp2_session_server_new3(&session, callbacks, NULL, NULL, &memory) != 0) exit(1);
  nghttp2_submit_settings(session, 0, settings, 1);
  append_opening(in);
  turn(session, in);
  append_settings_ack(in);
  turn(session, in);
  return session;
}

static void gets(nghttp2_session *session, struct bytes *in, uint32_t first, unsigned count) {
  for (unsigned i = 0; i < count; i++, first += 2) {
    if (first == 1) append_first_get(in, first);
    else append_get(in, first);
  }
  turn(session, in);
}

static double idle(struct bytes *in, unsigned requests) {
  size_t before = live;
  answering = 1;
  nghttp2_session *session = settled(in);
  for (unsigned i = 0; i < requests; i += 100) gets(session, in, 1 + 2 * i, 100);
  double held = (double)(live - before);
  nghttp2_session_del(session);
  return held;
}

static double open_stream(struct bytes *in, int with_body) {
  nghttp2_session *session = settled(in);
  answering = 1;
  gets(session, in, 1, 1);
  answering = 0;
  size_t before = live;
  for (uint32_t stream = 5; stream < 2005; stream += 2) {
    if (with_body) append_post(in, stream);
    else append_get(in, stream);
  }
  turn(session, in);
  double held = (double)(live - before) / 1000;
  nghttp2_session_del(session);
  return held;
}

static double allocations(struct bytes *in, unsigned batch) {
  nghttp2_session *session = settled(in);
  uint32_t first = 1;
  size_t before = 0;
  answering = 1;
  for (int round = 0; round < 300; round++, first += 2 * batch) {
    if (round == 200) before = calls;
    gets(session, in, first, batch);
  }
  return (double)(calls - before) / 100 / batch;
}

static void figure(const char *name, double value) {
  printf("{\"impl\":\"nghttp2\",\"figure\":\"%s\",\"value\":%.2f}\n", name, value);
}

int main(void) {
  struct bytes in = {0};
  figure("idle connection, bytes", idle(&in, 0));
  figure("idle connection after 1000 requests, bytes", idle(&in, 1000));
  figure("open stream, bytes", open_stream(&in, 0));
  figure("open stream with an unfinished body, bytes", open_stream(&in, 1));
  figure("allocations per request, 100 in a batch", allocations(&in, 100));
  figure("allocations per request, 1 at a time", allocations(&in, 1));
  return 0;
}
