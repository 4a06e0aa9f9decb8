#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void append(struct bytes *to, const void *bytes, size_t length) {
  if (to->length + length > to->capacity) {
    to->capacity = (to->length + length) * 2;
    to->at = realloc(to->at, to->capacity);
    if (!to->at) exit(1);
  }
  if (length) memcpy(to->at + to->length, bytes, length);
  to->length += length;
}

void append_frame(struct bytes *to, uint8_t kind, uint8_t flags, uint32_t stream,
                  const void *payload, size_t length) {
  uint8_t head[9] = {(uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length, kind, flags,
                     (uint8_t)(stream >> 24), (uint8_t)(stream >> 16), (uint8_t)(stream >> 8),
                     (uint8_t)stream};
  append(to, head, sizeof head);
  append(to, payload, length);
}

void append_window_update(struct bytes *to, uint32_t increment) {
  uint8_t payload[4] = {(uint8_t)(increment >> 24), (uint8_t)(increment >> 16),
                        (uint8_t)(increment >> 8), (uint8_t)increment};
  append_frame(to, 8, 0, 0, payload, 4);
}

void append_opening(struct bytes *to) {
  static const uint8_t settings[12] = {0, 2, 0, 0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff};
  append(to, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
  append_frame(to, 4, 0, 0, settings, sizeof settings);
  append_window_update(to, WINDOW - 65535);
}

void append_settings_ack(struct bytes *to) { append_frame(to, 4, 1, 0, NULL, 0); }

void append_first_get(struct bytes *to, uint32_t stream) {
  static const char block[] = "\x82\x86\x84\x41\x0e" "127.0.0.1:8080" "\x7a\x15" "h2load nghttp2/1.52.0";
  append_frame(to, 1, 5, stream, block, sizeof block - 1);
}

void append_get(struct bytes *to, uint32_t stream) {
  append_frame(to, 1, 5, stream, "\x82\x86\x84\xbf\xbe", 5);
}

void append_post(struct bytes *to, uint32_t stream) {
  append_frame(to, 1, 4, stream, "\x83\x86\x84\x41\x0e" "127.0.0.1:8080", 19);
}
