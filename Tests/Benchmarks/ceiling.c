/* What the machine can do at best, with two threads and the libraries the tool uses.
 *
 *   ceiling pack DIR    reads every file below DIR, hashes it (BLAKE2b-256), packs the bytes in groups of 1 MiB
 *                       (zstd, level 3) and seals each group (XChaCha20-Poly1305); writes nothing
 *   ceiling hash DIR    reads every file below DIR and hashes it in blocks of 64 KiB
 *
 * Prints: seconds, bytes read, bytes packed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <fts.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

enum { THREADS = 2, GROUP = 1 << 20, BLOCK = 64 << 10, SPAN = 4 << 20 };

struct piece { char *path; off_t offset, length; };
static struct piece *pieces;
static size_t piece_count;
static atomic_size_t next_piece;
static atomic_ullong bytes_read, bytes_packed;
static unsigned char key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];

static void die(const char *what) { perror(what); exit(1); }

static void *allocate(size_t size) {
    void *memory = malloc(size);
    if (!memory) die("malloc");
    return memory;
}

static void add(const char *path, off_t offset, off_t length) {
    if ((piece_count & (piece_count + 1)) == 0) {
        pieces = realloc(pieces, (piece_count + 1) * 2 * sizeof *pieces);
        if (!pieces) die("realloc");
    }
    pieces[piece_count++] = (struct piece){strdup(path), offset, length};
}

static int by_name(const FTSENT **a, const FTSENT **b) { return strcmp((*a)->fts_name, (*b)->fts_name); }

static void collect(char *directory, off_t span) {
    char *roots[] = {directory, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    if (!walk) die(directory);
    for (FTSENT *entry; (entry = fts_read(walk));) {
        if (entry->fts_info != FTS_F) continue;
        off_t size = entry->fts_statp->st_size, step = span ? span : size;
        for (off_t at = 0; at < size; at += step) add(entry->fts_path, at, size - at < step ? size - at : step);
    }
    fts_close(walk);
}

static ssize_t read_at(int file, unsigned char *into, size_t count, off_t offset) {
    ssize_t got = pread(file, into, count, offset);
    if (got < 0) die("pread");
    bytes_read += (unsigned long long)got;
    return got;
}

static void seal(ZSTD_CCtx *context, unsigned char *group, size_t count, unsigned char *packed, unsigned char *sealed) {
    unsigned char nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
    size_t size = ZSTD_compressCCtx(context, packed, ZSTD_compressBound(GROUP), group, count, 3);
    if (ZSTD_isError(size)) { fputs(ZSTD_getErrorName(size), stderr); exit(1); }
    unsigned long long length;
    randombytes_buf(nonce, sizeof nonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, &length, packed, size, NULL, 0, NULL, nonce, key);
    bytes_packed += length;
}

static void *pack(void *unused) {
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t bound = ZSTD_compressBound(GROUP), filled = 0;
    unsigned char *group = allocate(GROUP), *packed = allocate(bound);
    unsigned char *sealed = allocate(bound + crypto_aead_xchacha20poly1305_ietf_ABYTES), hash[32];
    for (size_t i; (i = next_piece++) < piece_count;) {
        int file = open(pieces[i].path, O_RDONLY | O_CLOEXEC);
        if (file < 0) die(pieces[i].path);
        crypto_generichash_state state;
        crypto_generichash_init(&state, NULL, 0, sizeof hash);
        off_t offset = 0;
        for (ssize_t got; (got = read_at(file, group + filled, GROUP - filled, offset)) > 0;) {
            crypto_generichash_update(&state, group + filled, (unsigned long long)got);
            filled += (size_t)got;
            offset += got;
            if (filled == GROUP) { seal(context, group, filled, packed, sealed); filled = 0; }
        }
        crypto_generichash_final(&state, hash, sizeof hash);
        close(file);
    }
    if (filled) seal(context, group, filled, packed, sealed);
    return unused;
}

static void *hash(void *unused) {
    unsigned char *span = allocate(SPAN), digest[32];
    for (size_t i; (i = next_piece++) < piece_count;) {
        int file = open(pieces[i].path, O_RDONLY | O_CLOEXEC);
        if (file < 0) die(pieces[i].path);
        size_t count = (size_t)read_at(file, span, (size_t)pieces[i].length, pieces[i].offset);
        for (size_t at = 0; at < count; at += BLOCK)
            crypto_generichash(digest, sizeof digest, span + at, count - at < BLOCK ? count - at : BLOCK, NULL, 0);
        close(file);
    }
    return unused;
}

int main(int count, char **arguments) {
    if (count != 3 || sodium_init() < 0) { fputs("usage: ceiling pack|hash DIR\n", stderr); return 64; }
    int packs = !strcmp(arguments[1], "pack");
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    randombytes_buf(key, sizeof key);
    collect(arguments[2], packs ? 0 : SPAN);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, packs ? pack : hash, NULL)) die("pthread_create");
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.4f %llu %llu\n", (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9,
           (unsigned long long)bytes_read, (unsigned long long)bytes_packed);
}
