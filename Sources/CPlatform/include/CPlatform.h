/* The one place where calls of a single operating system live.
 *
 * Every function returns a value >= 0 for success and -errno for failure, so that no caller reads errno later, when
 * something else may have changed it. Names are relative to a directory descriptor and never follow a last symbolic
 * link unless the function says so. All descriptors are closed on exec. */
#ifndef CPLATFORM_H
#define CPLATFORM_H

#include <stddef.h>
#include <stdint.h>

enum pa_kind { PA_KIND_FILE = 0, PA_KIND_DIRECTORY = 1, PA_KIND_SYMLINK = 2, PA_KIND_SPECIAL = 3, PA_KIND_UNKNOWN = 4 };

struct pa_status {
    int32_t kind;
    uint64_t byte_count;
    int64_t modified_seconds;
    int64_t modified_nanoseconds;
    /* When the file was last written, renamed or given a time. */
    int64_t status_seconds;
    uint64_t inode;
    uint64_t device;
};

enum pa_open_mode { PA_OPEN_READ = 0, PA_OPEN_CREATE = 1, PA_OPEN_UPDATE = 2 };
enum pa_advice { PA_ADVICE_SEQUENTIAL = 0, PA_ADVICE_RANDOM = 1, PA_ADVICE_DROP = 2 };

/* Opens a directory that a person named: symbolic links are followed. */
int pa_open_named_directory(const char *path);
/* Opens a file that a person named; follows a last symbolic link only when told. Never blocks on a FIFO. */
int pa_open_named_file(int directory, const char *path, int follows_links);
int pa_open_directory(int directory, const char *name);
int pa_open_file(int directory, const char *name, int mode);
/* A file without a name in the directory; gone when closed. */
int pa_open_unnamed(const char *directory);
int pa_close(int descriptor);
/* How many files the process may have open. */
int64_t pa_open_file_limit(void);
/* Raises that as far as the system allows the process to, up to the number given. */
void pa_raise_open_file_limit(int64_t most);

int pa_status_of(int descriptor, struct pa_status *status);
int pa_status_at(int directory, const char *name, struct pa_status *status);

/* One system call each: they may move fewer bytes, or fail with EINTR. */
int64_t pa_pread(int descriptor, void *buffer, size_t byte_count, uint64_t offset);
int64_t pa_pwrite(int descriptor, const void *buffer, size_t byte_count, uint64_t offset);
int64_t pa_read(int descriptor, void *buffer, size_t byte_count);

int pa_truncate(int descriptor, uint64_t byte_count);
/* Data and length reach the medium, not only the drive's cache where the system can ask for that. */
int pa_sync_file(int descriptor);
/* File systems that cannot sync a directory are taken as having done it. */
int pa_sync_directory(int descriptor);
void pa_advise(int descriptor, int advice);

int pa_make_directory(int directory, const char *name);
/* Returns 1 where a rename without replacing had to be made of a look and a plain rename. */
int pa_rename(int from_directory, const char *from, int to_directory, const char *to, int replaces);
int pa_remove(int directory, const char *name, int is_directory);

int pa_free_byte_count(int descriptor, uint64_t *byte_count);
/* 1 when the medium itself refuses writing. */
int pa_is_read_only(int descriptor);

int pa_lock(int descriptor);
int pa_unlock(int descriptor);
/* The process that holds the lock on this file and its name, where the system tells; else 0. */
int pa_lock_holder(int descriptor, char *name, size_t capacity);

/* Reads a directory; `names` is opaque. The descriptor stays the caller's. */
void *pa_names_open(int directory, int *error);
/* 1 and a name, 0 at the end, -errno. `.` and `..` are left out. The name is valid until the next call. */
int pa_names_next(void *names, const char **name, size_t *byte_count, int *kind);
void pa_names_close(void *names);

/* Starts a program with one descriptor at number 3 (its place in the file is shared) and a pipe at its standard output,
 * whose other end is `output`; it has no standard input. Gives its process id. */
int pa_spawn(const char *path, const char *const *arguments, int descriptor, int *output);
/* Kills the process, if asked, and waits for its end. Gives its status as of waitpid. */
int pa_reap(int process, int kills);
/* What the status says: 0 and the exit status, or 1 and the signal. */
int pa_end_of(int status, int *number);
/* As pa_read, but waits so long only: then -ETIMEDOUT. */
int64_t pa_read_within(int descriptor, void *buffer, size_t byte_count, int milliseconds);
/* The path of the running program, with a zero at its end. */
int pa_own_path(char *path, size_t capacity);
/* Whether there is a file that can be run. */
int pa_can_run(const char *path);

#endif
