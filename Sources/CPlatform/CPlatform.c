#define _GNU_SOURCE
#include "CPlatform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#endif

/* RENAME_NOREPLACE, also where an older C library does not name it. */
#define PA_RENAME_NOREPLACE 1

#define RETRY(result, call)                                                                                            \
    do {                                                                                                               \
        result = (call);                                                                                               \
    } while (result == -1 && errno == EINTR)

#define RETURN_RETRIED(call)                                                                                           \
    do {                                                                                                               \
        int result_;                                                                                                   \
        RETRY(result_, call);                                                                                          \
        return result_ == -1 ? -errno : result_;                                                                       \
    } while (0)

/* A FIFO or a device must not hold up or take over the process: O_NONBLOCK and O_NOCTTY mean nothing to plain files. */
#define COMMON (O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

int pa_open_named_directory(const char *path) { RETURN_RETRIED(open(path, O_RDONLY | O_DIRECTORY | COMMON)); }

int pa_open_named_file(int directory, const char *path, int follows_links) {
    int flags = O_RDONLY | COMMON | (follows_links ? 0 : O_NOFOLLOW);
    RETURN_RETRIED(openat(directory < 0 ? AT_FDCWD : directory, path, flags));
}

int pa_open_directory(int directory, const char *name) {
    RETURN_RETRIED(openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | COMMON));
}

int pa_open_file(int directory, const char *name, int mode) {
    int flags = O_NOFOLLOW | COMMON;
    switch (mode) {
    case PA_OPEN_READ: flags |= O_RDONLY; break;
    case PA_OPEN_CREATE: flags |= O_RDWR | O_CREAT | O_EXCL; break;
    case PA_OPEN_UPDATE: flags |= O_RDWR; break;
    default: return -EINVAL;
    }
    RETURN_RETRIED(openat(directory, name, flags, 0666));
}

int pa_open_unnamed(const char *directory) {
#ifdef O_TMPFILE
    int unnamed;
    RETRY(unnamed, open(directory, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600));
    if (unnamed != -1) return unnamed;
    /* File systems and kernels without O_TMPFILE say one of these; then a name that is removed at once. */
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL) return -errno;
#endif
    static const char suffix[] = "/portable-archive.XXXXXX";
    size_t length = strlen(directory);
    if (length > 65536) return -ENAMETOOLONG;
    char *name = malloc(length + sizeof suffix);
    if (name == NULL) return -ENOMEM;
    memcpy(name, directory, length);
    memcpy(name + length, suffix, sizeof suffix);
    int descriptor = mkstemp(name);
    int result = descriptor == -1 ? -errno : descriptor;
    if (descriptor != -1) {
        fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        if (unlink(name) == -1) {
            result = -errno;
            close(descriptor);
        }
    }
    free(name);
    return result;
}

int pa_close(int descriptor) {
    /* After EINTR the descriptor is gone on Linux; closing again could hit another file. */
    if (close(descriptor) == -1 && errno != EINTR) return -errno;
    return 0;
}

int64_t pa_open_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1) return -errno;
    return limit.rlim_cur > INT32_MAX ? INT32_MAX : (int64_t)limit.rlim_cur;
}

void pa_raise_open_file_limit(int64_t most) {
    struct rlimit limit;
    if (most < 0 || getrlimit(RLIMIT_NOFILE, &limit) == -1) return;
    rlim_t wanted = limit.rlim_max < (rlim_t)most ? limit.rlim_max : (rlim_t)most;
    /* macOS names no hard limit and yet refuses what is over one of its own: then half of it, and so on. */
    for (; wanted > limit.rlim_cur; wanted /= 2) {
        struct rlimit raised = {.rlim_cur = wanted, .rlim_max = limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return;
    }
}

static int kind_of(mode_t mode) {
    if (S_ISREG(mode)) return PA_KIND_FILE;
    if (S_ISDIR(mode)) return PA_KIND_DIRECTORY;
    if (S_ISLNK(mode)) return PA_KIND_SYMLINK;
    return PA_KIND_SPECIAL;
}

static void fill(struct pa_status *status, const struct stat *found) {
    status->kind = kind_of(found->st_mode);
    status->byte_count = found->st_size < 0 ? 0 : (uint64_t)found->st_size;
#ifdef __APPLE__
    status->modified_seconds = found->st_mtimespec.tv_sec;
    status->modified_nanoseconds = found->st_mtimespec.tv_nsec;
#else
    status->modified_seconds = found->st_mtim.tv_sec;
    status->modified_nanoseconds = found->st_mtim.tv_nsec;
#endif
    status->status_seconds = found->st_ctime;
    status->inode = (uint64_t)found->st_ino;
    status->device = (uint64_t)found->st_dev;
}

int pa_status_of(int descriptor, struct pa_status *status) {
    struct stat found;
    if (fstat(descriptor, &found) == -1) return -errno;
    fill(status, &found);
    return 0;
}

int pa_status_at(int directory, const char *name, struct pa_status *status) {
    struct stat found;
    if (fstatat(directory, name, &found, AT_SYMLINK_NOFOLLOW) == -1) return -errno;
    fill(status, &found);
    return 0;
}

int64_t pa_pread(int descriptor, void *buffer, size_t byte_count, uint64_t offset) {
    if (offset > INT64_MAX) return -EINVAL;
    ssize_t result = pread(descriptor, buffer, byte_count, (off_t)offset);
    return result == -1 ? -errno : result;
}

int64_t pa_pwrite(int descriptor, const void *buffer, size_t byte_count, uint64_t offset) {
    if (offset > INT64_MAX) return -EFBIG;
    ssize_t result = pwrite(descriptor, buffer, byte_count, (off_t)offset);
    return result == -1 ? -errno : result;
}

int64_t pa_read(int descriptor, void *buffer, size_t byte_count) {
    ssize_t result = read(descriptor, buffer, byte_count);
    if (result == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        /* Somebody set the stream not to wait: then wait here. */
        struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
        if (poll(&waiting, 1, -1) == -1) return -errno;
        result = read(descriptor, buffer, byte_count);
        if (result == -1 && errno == EAGAIN) return -EINTR;
    }
    return result == -1 ? -errno : result;
}

int pa_truncate(int descriptor, uint64_t byte_count) {
    if (byte_count > INT64_MAX) return -EFBIG;
    RETURN_RETRIED(ftruncate(descriptor, (off_t)byte_count));
}

int pa_sync_file(int descriptor) {
#ifdef __APPLE__
    int result;
    RETRY(result, fcntl(descriptor, F_FULLFSYNC));
    if (result != -1) return 0;
    /* Drives and network file systems without a cache flush: then the plain call is all there is. */
    if (errno != ENOTSUP && errno != EINVAL && errno != ENOTTY) return -errno;
    RETURN_RETRIED(fsync(descriptor));
#else
    RETURN_RETRIED(fdatasync(descriptor));
#endif
}

int pa_sync_directory(int descriptor) {
    int result;
#ifdef __APPLE__
    RETRY(result, fcntl(descriptor, F_FULLFSYNC));
    if (result != -1) return 0;
#endif
    RETRY(result, fsync(descriptor));
    if (result == -1 && errno != EINVAL && errno != ENOTSUP && errno != EOPNOTSUPP && errno != ENOSYS) return -errno;
    return 0;
}

void pa_advise(int descriptor, int advice) {
#ifdef __APPLE__
    if (advice == PA_ADVICE_DROP) fcntl(descriptor, F_NOCACHE, 1);
    else fcntl(descriptor, F_RDAHEAD, advice == PA_ADVICE_SEQUENTIAL ? 1 : 0);
#else
    int value = advice == PA_ADVICE_DROP ? POSIX_FADV_DONTNEED
                : advice == PA_ADVICE_SEQUENTIAL ? POSIX_FADV_SEQUENTIAL
                                                 : POSIX_FADV_RANDOM;
    posix_fadvise(descriptor, 0, 0, value);
#endif
}

int pa_make_directory(int directory, const char *name) { RETURN_RETRIED(mkdirat(directory, name, 0777)); }

int pa_rename(int from_directory, const char *from, int to_directory, const char *to, int replaces) {
    if (replaces) RETURN_RETRIED(renameat(from_directory, from, to_directory, to));
    int result;
#if defined(__APPLE__)
    RETRY(result, renameatx_np(from_directory, from, to_directory, to, RENAME_EXCL));
#else
    RETRY(result, (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, PA_RENAME_NOREPLACE));
#endif
    if (result == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) return -errno;
    /* Some file systems cannot do both in one step. The archive's lock keeps other writers away meanwhile. */
    struct stat found;
    if (fstatat(to_directory, to, &found, AT_SYMLINK_NOFOLLOW) == 0) return -EEXIST;
    if (errno != ENOENT) return -errno;
    RETRY(result, renameat(from_directory, from, to_directory, to));
    return result == -1 ? -errno : 1;
}

int pa_remove(int directory, const char *name, int is_directory) {
    RETURN_RETRIED(unlinkat(directory, name, is_directory ? AT_REMOVEDIR : 0));
}

int pa_free_byte_count(int descriptor, uint64_t *byte_count) {
    struct statvfs found;
    int result;
    RETRY(result, fstatvfs(descriptor, &found));
    if (result == -1) return -errno;
    uint64_t unit = found.f_frsize ? found.f_frsize : found.f_bsize;
    if (__builtin_mul_overflow((uint64_t)found.f_bavail, unit, byte_count)) *byte_count = UINT64_MAX;
    return 0;
}

int pa_is_read_only(int descriptor) {
    struct statvfs found;
    int result;
    RETRY(result, fstatvfs(descriptor, &found));
    if (result == 0 && (found.f_flag & ST_RDONLY)) return 1;
    if (faccessat(descriptor, ".", W_OK, 0) == -1 && errno == EROFS) return 1;
    return 0;
}

int pa_lock(int descriptor) { RETURN_RETRIED(flock(descriptor, LOCK_EX | LOCK_NB)); }

int pa_unlock(int descriptor) { RETURN_RETRIED(flock(descriptor, LOCK_UN)); }

int pa_lock_holder(int descriptor, char *name, size_t capacity) {
    if (capacity > 0) name[0] = 0;
#ifdef __linux__
    struct stat found;
    if (fstat(descriptor, &found) == -1) return 0;
    FILE *locks = fopen("/proc/locks", "re");
    if (locks == NULL) return 0;
    char line[256];
    int holder = 0;
    while (holder == 0 && fgets(line, sizeof line, locks) != NULL) {
        char type[16];
        int process;
        unsigned device_major, device_minor;
        unsigned long long inode;
        if (sscanf(line, "%*d: %15s %*s %*s %d %x:%x:%llu", type, &process, &device_major, &device_minor, &inode) != 5)
            continue;
        if (strcmp(type, "FLOCK") == 0 && inode == (unsigned long long)found.st_ino
            && device_major == major(found.st_dev) && device_minor == minor(found.st_dev) && process > 0)
            holder = process;
    }
    fclose(locks);
    if (holder != 0 && capacity > 1) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/comm", holder);
        FILE *command = fopen(path, "re");
        if (command != NULL) {
            if (fgets(name, (int)capacity, command) != NULL) name[strcspn(name, "\n")] = 0;
            fclose(command);
        }
    }
    return holder;
#else
    (void)descriptor;
    return 0;
#endif
}

void *pa_names_open(int directory, int *error) {
    /* A description of its own: a duplicate would share its place in the directory with the caller's. */
    int own;
    *error = 0;
    RETRY(own, openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (own == -1) {
        *error = errno;
        return NULL;
    }
    DIR *names = fdopendir(own);
    if (names == NULL) {
        *error = errno;
        close(own);
    }
    return names;
}

int pa_names_next(void *names, const char **name, size_t *byte_count, int *kind) {
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir((DIR *)names);
        if (entry == NULL) return errno == 0 ? 0 : -errno;
        const char *found = entry->d_name;
        if (found[0] == '.' && (found[1] == 0 || (found[1] == '.' && found[2] == 0))) continue;
        *name = found;
        *byte_count = strlen(found);
        switch (entry->d_type) {
        case DT_REG: *kind = PA_KIND_FILE; break;
        case DT_DIR: *kind = PA_KIND_DIRECTORY; break;
        case DT_LNK: *kind = PA_KIND_SYMLINK; break;
        case DT_UNKNOWN: *kind = PA_KIND_UNKNOWN; break;
        default: *kind = PA_KIND_SPECIAL; break;
        }
        return 1;
    }
}

void pa_names_close(void *names) { closedir((DIR *)names); }
