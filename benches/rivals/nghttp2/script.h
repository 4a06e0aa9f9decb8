/* What the scripted client of the benches sends, byte for byte; see ../../src/script.rs. */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <stddef.h>
#include <stdint.h>

#define WINDOW 0x7fffffffu

struct bytes {
  uint8_t *at;
  size_t length, capacity;
};

void append(struct bytes *to, const void *bytes, size_t length);
void append_frame(struct bytes *to, uint8_t kind, uint8_t flags, uint32_t stream,
                  const void *payload, size_t length);

/* Preface, SETTINGS (the largest window, no push) and the largest connection window. */
void append_opening(struct bytes *to);
void append_settings_ack(struct bytes *to);
void append_window_update(struct bytes *to, uint32_t increment);

/* The head of a GET that puts :authority and user-agent in the table. */
void append_first_get(struct bytes *to, uint32_t stream);
/* The same again: five indexed fields in five bytes. */
void append_get(struct bytes *to, uint32_t stream);
/* A POST whose body follows. */
void append_post(struct bytes *to, uint32_t stream);

#endif
