/* nghttp2's HPACK over the recorded set, both directions.
 *
 * usage: hpack-nghttp2 encode|decode N
 *        hpack-nghttp2 huffman-encode|huffman-decode N STEM  (of `hpack_bench strings STEM`)
 *        hpack-nghttp2 make TEXT OUT  writes the blocks of TEXT, each after two bytes of length
 * Prints one JSON line. A connection of the set is a fresh context of 4 096 bytes.
 */
#include "recorded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef DATA
#define DATA "data"
#endif

enum { BLOCK_MAX = 65535 };

/* Inside the static library, not in its header (nghttp2_buf.h, nghttp2_hd_huffman.h). */
typedef struct {
  uint8_t *begin, *end, *pos, *last, *mark;
} nghttp2_buf;
typedef struct {
  uint16_t fstate;
} huff_context;
typedef struct bufs bufs;
void nghttp2_hd_huff_decode_context_init(huff_context *context);
ssize_t nghttp2_hd_huff_decode(huff_context *context, nghttp2_buf *buf, const uint8_t *src,
                               size_t length, int fin);
size_t nghttp2_hd_huff_encode_count(const uint8_t *src, size_t length);
int nghttp2_hd_huff_encode(bufs *bufs, const uint8_t *src, size_t length);
int nghttp2_bufs_wrap_init(bufs *bufs, uint8_t *begin, size_t length, void *memory);
void nghttp2_bufs_wrap_free(bufs *bufs);
void *nghttp2_mem_default(void);

struct result {
  uint64_t ns, bytes, units;
};

static uint64_t encode_all(const struct set *set, FILE *out) {
  static uint8_t block[BLOCK_MAX];
  nghttp2_hd_deflater *deflater = NULL;
  uint64_t bytes = 0;
  for (size_t m = 0; m < set->count; m++) {
    const struct message *message = &set->messages[m];
    if (message->first) {
      if (deflater) nghttp2_hd_deflate_del(deflater);
      nghttp2_hd_deflate_new(&deflater, 4096);
    }
    for (size_t h = 0; h < message->head_count; h++) {
      ssize_t length = nghttp2_hd_deflate_hd(deflater, block, sizeof block,
                                             message->heads[h].fields, message->heads[h].count);
      if (length < 0) exit(1);
      bytes += (uint64_t)length;
      if (out) {
        uint8_t prefix[2] = {(uint8_t)(length >> 8), (uint8_t)length};
        fwrite(prefix, 1, 2, out);
        fwrite(block, 1, (size_t)length, out);
      }
    }
  }
  nghttp2_hd_deflate_del(deflater);
  return bytes;
}

static uint64_t decode_all(const struct set *set, const struct block *blocks) {
  nghttp2_hd_inflater *inflater = NULL;
  uint64_t bytes = 0;
  for (size_t m = 0; m < set->count; m++) {
    const struct message *message = &set->messages[m];
    if (message->first) {
      if (inflater) nghttp2_hd_inflate_del(inflater);
      nghttp2_hd_inflate_new(&inflater);
    }
    for (size_t h = 0; h < message->head_count; h++, blocks++) {
      const uint8_t *at = blocks->bytes, *end = at + blocks->length;
      for (;;) {
        nghttp2_nv field;
        int flags = 0;
        ssize_t used = nghttp2_hd_inflate_hd2(inflater, &field, &flags, at, (size_t)(end - at), 1);
        if (used < 0) exit(1);
        at += used;
        if (flags & NGHTTP2_HD_INFLATE_EMIT) bytes += field.namelen + field.valuelen;
        if (flags & NGHTTP2_HD_INFLATE_FINAL) {
          nghttp2_hd_inflate_end_headers(inflater);
          break;
        }
      }
    }
  }
  nghttp2_hd_inflate_del(inflater);
  return bytes;
}

struct strings {
  struct block *list;
  size_t count;
};

static uint64_t huffman_decode_all(struct strings coded) {
  static uint8_t plain[BLOCK_MAX];
  uint64_t bytes = 0;
  for (size_t i = 0; i < coded.count; i++) {
    huff_context context;
    nghttp2_buf buf = {plain, plain + sizeof plain, plain, plain, plain};
    nghttp2_hd_huff_decode_context_init(&context);
    if (nghttp2_hd_huff_decode(&context, &buf, coded.list[i].bytes, coded.list[i].length, 1) < 0) exit(1);
    bytes += (uint64_t)(buf.last - buf.pos);
  }
  return bytes;
}

static uint64_t huffman_encode_all(struct strings plain) {
  static uint8_t coded[BLOCK_MAX];
  _Alignas(16) static uint8_t storage[256]; /* nghttp2_bufs, whose layout the library keeps */
  bufs *to = (bufs *)storage;
  uint64_t bytes = 0;
  for (size_t i = 0; i < plain.count; i++) {
    nghttp2_bufs_wrap_init(to, coded, sizeof coded, nghttp2_mem_default());
    size_t length = nghttp2_hd_huff_encode_count(plain.list[i].bytes, plain.list[i].length);
    if (nghttp2_hd_huff_encode(to, plain.list[i].bytes, plain.list[i].length) != 0) exit(1);
    nghttp2_bufs_wrap_free(to);
    bytes += length;
  }
  return bytes;
}

static char *joined(const char *stem, const char *end) {
  char *path = malloc(strlen(stem) + strlen(end) + 1);
  strcpy(path, stem);
  strcat(path, end);
  return path;
}

static struct result run_fields(int decode, unsigned long n) {
  struct set sets[] = {read_set(DATA "/requests.txt"), read_set(DATA "/responses.txt")};
  size_t count;
  struct block *blocks[] = {read_blocks(DATA "/requests.hpack", &count),
                            read_blocks(DATA "/responses.hpack", &count)};
  struct result result = {.units = sets[0].fields + sets[1].fields, .ns = cpu_ns()};
  for (unsigned long i = 0; i < n; i++) {
    result.bytes = 0;
    for (int s = 0; s < 2; s++) {
      result.bytes += decode ? decode_all(&sets[s], blocks[s]) : encode_all(&sets[s], NULL);
    }
  }
  result.ns = cpu_ns() - result.ns;
  return result;
}

static struct result run_strings(int decode, unsigned long n, const char *stem) {
  struct strings strings;
  strings.list = read_blocks(joined(stem, decode ? ".huffman" : ".plain"), &strings.count);
  struct result result = {.units = strings.count, .ns = cpu_ns()};
  for (unsigned long i = 0; i < n; i++) {
    result.bytes = decode ? huffman_decode_all(strings) : huffman_encode_all(strings);
  }
  result.ns = cpu_ns() - result.ns;
  return result;
}

static int make(const char *text, const char *to) {
  struct set set = read_set(text);
  FILE *out = fopen(to, "wb");
  if (!out) {
    fprintf(stderr, "%s: cannot be written\n", to);
    return 2;
  }
  printf("%s: %zu messages, %zu fields, %llu bytes\n", text, set.count, set.fields,
         (unsigned long long)encode_all(&set, out));
  return fclose(out) != 0;
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  unsigned long n = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
  struct result result;
  if (argc == 4 && strcmp(mode, "make") == 0) return make(argv[2], argv[3]);
  if (argc == 3 && strcmp(mode, "encode") == 0) result = run_fields(0, n);
  else if (argc == 3 && strcmp(mode, "decode") == 0) result = run_fields(1, n);
  else if (argc == 4 && strcmp(mode, "huffman-encode") == 0) result = run_strings(0, n, argv[3]);
  else if (argc == 4 && strcmp(mode, "huffman-decode") == 0) result = run_strings(1, n, argv[3]);
  else {
    fprintf(stderr, "usage: hpack-nghttp2 encode|decode N, huffman-encode|huffman-decode N STEM, "
                    "or make TEXT OUT\n");
    return 2;
  }
  printf("{\"impl\":\"nghttp2\",\"mode\":\"%s\",\"n\":%lu,\"units\":%llu,\"cpu_ns\":%llu,"
         "\"ns_per_unit\":%.1f,\"bytes\":%llu}\n",
         mode, n, (unsigned long long)result.units, (unsigned long long)result.ns,
         n ? (double)result.ns / (double)n / (double)result.units : 0.0,
         (unsigned long long)result.bytes);
  return 0;
}
