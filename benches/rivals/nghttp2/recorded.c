#include "recorded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void die(const char *path, const char *why) {
  fprintf(stderr, "%s: %s\n", path, why);
  exit(2);
}

static void *grown(void *old, size_t size) {
  void *bigger = realloc(old, size);
  if (!bigger) {
    fprintf(stderr, "out of memory\n");
    exit(1);
  }
  return bigger;
}

uint8_t *read_whole(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  if (!file) die(path, "cannot be opened");
  fseek(file, 0, SEEK_END);
  *length = (size_t)ftell(file);
  rewind(file);
  uint8_t *bytes = grown(NULL, *length + 1);
  if (fread(bytes, 1, *length, file) != *length) die(path, "cannot be read");
  bytes[*length] = 0;
  fclose(file);
  return bytes;
}

static void add_field(struct head *head, uint8_t *line, uint8_t *end, const char *path) {
  uint8_t *tab = memchr(line, '\t', (size_t)(end - line));
  if (!tab) die(path, "a field without a tab");
  if ((head->count & (head->count - 1)) == 0) {
    head->fields = grown(head->fields, (head->count ? head->count * 2 : 1) * sizeof *head->fields);
  }
  nghttp2_nv *field = &head->fields[head->count++];
  field->name = line;
  field->namelen = (size_t)(tab - line);
  field->value = tab + 1;
  field->valuelen = (size_t)(end - tab - 1);
  field->flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
}

struct set read_set(const char *path) {
  size_t length;
  uint8_t *at = read_whole(path, &length), *last = at + length;
  struct set set = {0};
  struct message message = {.head_count = 1};
  int first = 1;
  while (at < last) {
    uint8_t *end = memchr(at, '\n', (size_t)(last - at));
    if (!end) end = last;
    switch (*at) {
    case '@':
      first = 1;
      break;
    case '+':
      if (++message.head_count > HEADS_PER_MESSAGE) die(path, "too many heads in a message");
      break;
    case '=':
      message.body = strtoul((char *)at + 1, NULL, 10);
      message.first = first;
      first = 0;
      set.messages = grown(set.messages, (set.count + 1) * sizeof message);
      set.messages[set.count++] = message;
      for (size_t i = 0; i < message.head_count; i++) set.fields += message.heads[i].count;
      message = (struct message){.head_count = 1};
      break;
    default:
      add_field(&message.heads[message.head_count - 1], at, end, path);
    }
    at = end + 1;
  }
  return set;
}

struct block *read_blocks(const char *path, size_t *count) {
  size_t length, at = 0;
  uint8_t *bytes = read_whole(path, &length);
  struct block *blocks = NULL;
  *count = 0;
  while (at + 2 <= length) {
    size_t size = (size_t)bytes[at] << 8 | bytes[at + 1];
    if (at + 2 + size > length) die(path, "is cut short");
    if ((*count & (*count - 1)) == 0) {
      blocks = grown(blocks, (*count ? *count * 2 : 1) * sizeof *blocks);
    }
    blocks[(*count)++] = (struct block){bytes + at + 2, size};
    at += 2 + size;
  }
  return blocks;
}

uint64_t cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
