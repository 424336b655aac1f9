#ifndef CBLAKE2_H
#define CBLAKE2_H

#include <stddef.h>
#include <stdint.h>

/* What is hashed of a string, where it is no byte (0 to 255) that comes before it. */
enum { PA_HASH_PLAIN = -1, PA_HASH_KEYED = -2 };

/* One byte string to hash, and its hash of 32 bytes. */
struct pa_hash {
    const uint8_t *bytes;
    size_t byte_count;
    int first; /* a byte that comes before the string, PA_HASH_PLAIN or PA_HASH_KEYED */
    uint32_t tag; /* the caller's own */
    uint8_t hash[32];
};

/* How many byte strings this processor hashes at once: 8 (AVX-512), 4 (AVX2), or 1 when it gains nothing here. */
size_t pa_blake2b_lanes(void);

/* BLAKE2b-256 (RFC 7693) of `count` byte strings, as many at once as `lanes` says: 8, 4, or 1 for plain code.
 *
 * `key_count` is at most 64; the key is for the strings that say so. `lanes` is at most what the processor has. Long
 * strings first make the best use of it. */
void pa_blake2b_many(struct pa_hash *strings, size_t count, const uint8_t *key, size_t key_count, size_t lanes);

#endif
