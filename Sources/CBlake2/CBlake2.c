#include "CBlake2.h"

#include <string.h>

/* BLAKE2b is bound by its chain of additions: one string cannot keep the vector units busy, several can. Each lane of a
 * vector holds one word of another string's state. */

#define BLOCK 128
#define INLINE static inline __attribute__((always_inline))

static const uint64_t initial[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* RFC 7693, section 2.7; rounds 10 and 11 are 0 and 1 again. */
static const uint8_t sigma[12][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
};

INLINE uint64_t word(const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

#define ROTATE(x, n) (((x) >> (n)) | ((x) << (64 - (n))))
#define MIX(a, b, c, d, k)                                                                                             \
    v[a] += v[b] + m[sigma[round][2 * k]];                                                                             \
    v[d] = ROTATE(v[d] ^ v[a], 32);                                                                                    \
    v[c] += v[d];                                                                                                      \
    v[b] = ROTATE(v[b] ^ v[c], 24);                                                                                    \
    v[a] += v[b] + m[sigma[round][2 * k + 1]];                                                                         \
    v[d] = ROTATE(v[d] ^ v[a], 16);                                                                                    \
    v[c] += v[d];                                                                                                      \
    v[b] = ROTATE(v[b] ^ v[c], 63);

/* The function F of RFC 7693 on one block of each lane. */
#define COMPRESS(N, VECTOR, ZERO, SET_LANE)                                                                            \
    VECTOR m[16], v[16], counted = ZERO, last = ZERO;                                                                  \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 16; i++) {                                                  \
        _Pragma("clang loop unroll(full)") for (int l = 0; l < N; l++) SET_LANE(m[i], l, word(lanes[l].next + 8 * i)); \
    }                                                                                                                  \
    for (int l = 0; l < N; l++) {                                                                                      \
        SET_LANE(counted, l, lanes[l].counted);                                                                        \
        SET_LANE(last, l, lanes[l].last);                                                                              \
    }                                                                                                                  \
    for (int i = 0; i < 8; i++) {                                                                                      \
        memcpy(&v[i], &state[i * N], sizeof v[i]);                                                                     \
        v[8 + i] = ZERO + initial[i];                                                                                  \
    }                                                                                                                  \
    v[12] ^= counted;                                                                                                  \
    v[14] ^= last;                                                                                                     \
    _Pragma("clang loop unroll(full)") for (int round = 0; round < 12; round++) {                                      \
        MIX(0, 4, 8, 12, 0) MIX(1, 5, 9, 13, 1) MIX(2, 6, 10, 14, 2) MIX(3, 7, 11, 15, 3)                              \
        MIX(0, 5, 10, 15, 4) MIX(1, 6, 11, 12, 5) MIX(2, 7, 8, 13, 6) MIX(3, 4, 9, 14, 7)                              \
    }                                                                                                                  \
    for (int i = 0; i < 8; i++) {                                                                                      \
        VECTOR sum;                                                                                                    \
        memcpy(&sum, &state[i * N], sizeof sum);                                                                       \
        sum ^= v[i] ^ v[8 + i];                                                                                        \
        memcpy(&state[i * N], &sum, sizeof sum);                                                                       \
    }

/* A string on its way. What is hashed is its head, a block of its own when there is a key or a prefix, then whole blocks
 * where they stand, then its tail, padded with zeros. */
struct lane {
    const uint8_t *next;
    size_t step;         /* 128; 0 when `next` must not move */
    size_t blocks;       /* left at `next` */
    uint64_t counted;    /* bytes, with those of the block at `next` */
    uint64_t last;       /* all ones for the last block */
    size_t left;         /* bytes behind those at `next` */
    const uint8_t *rest; /* where they stand */
    struct pa_hash *string;
    uint8_t edge[BLOCK];
};

#define PLAIN_LANE(vector, lane, value) (vector) = (value)
#define VECTOR_LANE(vector, lane, value) (vector)[lane] = (value)

static void compress1(struct lane *lanes, uint64_t *state) { COMPRESS(1, uint64_t, (uint64_t)0, PLAIN_LANE) }

#if defined(__x86_64__)
typedef uint64_t four __attribute__((vector_size(32)));
typedef uint64_t eight __attribute__((vector_size(64)));

__attribute__((target("avx2"))) static void compress4(struct lane *lanes, uint64_t *state) {
    COMPRESS(4, four, (four){0}, VECTOR_LANE)
}

__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw"))) static void compress8(struct lane *lanes,
                                                                                     uint64_t *state) {
    COMPRESS(8, eight, (eight){0}, VECTOR_LANE)
}
#endif

size_t pa_blake2b_lanes(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw"))
        return 8;
    if (__builtin_cpu_supports("avx2")) return 4;
#endif
    return 1;
}

INLINE void compress(struct lane *lanes, uint64_t *state, size_t count) {
#if defined(__x86_64__)
    if (count == 8) {
        compress8(lanes, state);
        return;
    }
    if (count == 4) {
        compress4(lanes, state);
        return;
    }
#endif
    compress1(lanes, state);
}

/* Goes on to the next blocks of a lane; 0 when its string has ended. */
static int advance(struct lane *lane) {
    if (lane->last) return 0;
    if (lane->left > BLOCK) {
        /* The last block, whole or not, goes through `edge`. */
        lane->blocks = (lane->left - 1) / BLOCK;
        lane->next = lane->rest;
        lane->step = BLOCK;
        lane->rest += lane->blocks * BLOCK;
        lane->left -= lane->blocks * BLOCK;
        lane->counted += BLOCK;
    } else {
        memcpy(lane->edge, lane->rest, lane->left);
        memset(lane->edge + lane->left, 0, BLOCK - lane->left);
        lane->next = lane->edge;
        lane->step = 0;
        lane->blocks = 1;
        lane->counted += lane->left;
        lane->last = ~(uint64_t)0;
        lane->left = 0;
    }
    return 1;
}

static const uint8_t nothing[BLOCK];

struct run {
    struct pa_hash *strings;
    size_t count;
    const uint8_t *key;
    size_t key_count;
};

/* Puts the next string into lane l; 0 when there is none: the lane then hashes zeros that nobody asks for. */
static int begin(struct run *run, struct lane *lanes, uint64_t *state, size_t l, size_t count) {
    struct lane *lane = &lanes[l];
    memset(lane, 0, sizeof *lane);
    lane->next = nothing;
    if (run->count == 0) return 0;
    struct pa_hash *string = run->strings++;
    run->count--;
    for (int i = 0; i < 8; i++) state[(size_t)i * count + l] = initial[i];
    size_t key_count = string->first == PA_HASH_KEYED ? run->key_count : 0;
    state[l] ^= 0x01010020 ^ (uint64_t)key_count << 8;
    lane->string = string;
    lane->rest = string->byte_count > 0 ? string->bytes : nothing;
    lane->left = string->byte_count;
    if (key_count == 0 && string->first < 0) return advance(lane);
    size_t filled = BLOCK;
    if (key_count > 0) {
        memcpy(lane->edge, run->key, key_count);
    } else {
        lane->edge[0] = (uint8_t)string->first;
        filled = lane->left < BLOCK - 1 ? lane->left : BLOCK - 1;
        memcpy(lane->edge + 1, lane->rest, filled);
        lane->rest += filled;
        lane->left -= filled;
        filled++;
    }
    lane->next = lane->edge;
    lane->blocks = 1;
    lane->counted = filled;
    if (lane->left == 0) lane->last = ~(uint64_t)0;
    return 1;
}

static void end(struct lane *lane, const uint64_t *state, size_t l, size_t count) {
    for (size_t i = 0; i < 4; i++) {
        uint64_t value = state[i * count + l];
        for (int byte = 0; byte < 8; byte++) lane->string->hash[8 * i + (size_t)byte] = (uint8_t)(value >> (8 * byte));
    }
    lane->string = NULL;
}

/* Hashes with `count` lanes until no more than `least` of them have a string. */
static size_t work(struct run *run, struct lane *lanes, uint64_t *state, size_t count, size_t active, size_t least) {
    while (active > least) {
        size_t blocks = SIZE_MAX;
        for (size_t l = 0; l < count; l++) {
            if (lanes[l].string && lanes[l].blocks < blocks) blocks = lanes[l].blocks;
        }
        for (size_t l = 0; l < count; l++) lanes[l].blocks -= lanes[l].string ? blocks : 0;
        for (size_t block = 0; block < blocks; block++) {
            compress(lanes, state, count);
            for (size_t l = 0; l < count; l++) {
                lanes[l].next += lanes[l].step;
                lanes[l].counted += lanes[l].step;
            }
        }
        for (size_t l = 0; l < count; l++) {
            struct lane *lane = &lanes[l];
            if (!lane->string || lane->blocks > 0) continue;
            /* The loop above has counted one block too many. */
            lane->counted -= lane->step;
            if (advance(lane)) continue;
            end(lane, state, l, count);
            if (!begin(run, lanes, state, l, count)) active--;
        }
    }
    return active;
}

static void wipe(void *memory, size_t count) {
    volatile uint8_t *bytes = memory;
    while (count-- > 0) *bytes++ = 0;
}

void pa_blake2b_many(struct pa_hash *strings, size_t count, const uint8_t *key, size_t key_count, size_t lane_count) {
    struct run run = {strings, count, key, key_count};
    struct lane lanes[8];
    uint64_t state[64] __attribute__((aligned(64)));
    size_t active = 0;
    for (size_t l = 0; l < lane_count; l++) active += (size_t)begin(&run, lanes, state, l, lane_count);
    /* With a few long strings left, one after the other is faster. */
    active = work(&run, lanes, state, lane_count, active, lane_count / 4);
    for (size_t l = 0; l < lane_count && active > 0; l++) {
        if (!lanes[l].string) continue;
        uint64_t one[8];
        for (size_t i = 0; i < 8; i++) one[i] = state[i * lane_count + l];
        work(&run, &lanes[l], one, 1, 1, 0);
    }
    wipe(lanes, sizeof lanes);
    wipe(state, sizeof state);
}
