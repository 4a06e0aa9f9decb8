/* The recorded set of ../../data: field lists, parsed once. */
#ifndef RECORDED_H
#define RECORDED_H

#include <nghttp2/nghttp2.h>
#include <stddef.h>
#include <stdint.h>

enum { HEADS_PER_MESSAGE = 4 };

struct head {
  nghttp2_nv *fields;
  size_t count;
};

struct message {
  struct head heads[HEADS_PER_MESSAGE];
  size_t head_count;
  size_t body;  /* bytes of DATA */
  int first;    /* the first message of its connection */
};

struct set {
  struct message *messages;
  size_t count;
  size_t fields; /* of all heads */
};

struct block {
  const uint8_t *bytes;
  size_t length;
};

/* Reads a whole file; ends the program with a line on stderr when it cannot. */
uint8_t *read_whole(const char *path, size_t *length);

/* Parses requests.txt or responses.txt; the fields point into a buffer that lives on. */
struct set read_set(const char *path);

/* Reads requests.hpack or responses.hpack: the blocks of a set's heads, in order. */
struct block *read_blocks(const char *path, size_t *count);

/* Nanoseconds of CPU time of this process. */
uint64_t cpu_ns(void);

#endif
