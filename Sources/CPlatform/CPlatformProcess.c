#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

static int make_pipe(int ends[2]) {
#ifdef __APPLE__
    if (pipe(ends) == -1) return -errno;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
#else
    return pipe2(ends, O_CLOEXEC) == -1 ? -errno : 0;
#endif
}

int pa_spawn(const char *path, const char *const *arguments, int descriptor, int *output) {
    int ends[2];
    int failed = make_pipe(ends);
    if (failed != 0) return failed;
    /* Above 3, so that no step below overwrites what a later one needs. */
    int high = fcntl(descriptor, F_DUPFD_CLOEXEC, 16);
    int writing = fcntl(ends[1], F_DUPFD_CLOEXEC, 16);
    close(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t process = -1;
    /* Nothing of the environment is of use there. */
    char *const environment[] = {NULL};
    failed = high == -1 || writing == -1 ? errno : posix_spawn_file_actions_init(&actions);
    if (failed == 0) {
        failed = posix_spawnattr_init(&attributes);
        if (failed == 0) {
            short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP;
            sigset_t none, all;
            sigemptyset(&none);
            sigfillset(&all);
            /* The process group keeps the terminal's interrupt away: the tool ends it when it is done itself. */
            posix_spawnattr_setsigmask(&attributes, &none);
            posix_spawnattr_setsigdefault(&attributes, &all);
            posix_spawnattr_setpgroup(&attributes, 0);
#ifdef __APPLE__
            flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
            posix_spawnattr_setflags(&attributes, flags);
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
            posix_spawn_file_actions_adddup2(&actions, writing, 1);
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
            posix_spawn_file_actions_adddup2(&actions, high, 3);
            failed = posix_spawn(&process, path, &actions, &attributes, (char *const *)arguments, environment);
            posix_spawnattr_destroy(&attributes);
        }
        posix_spawn_file_actions_destroy(&actions);
    }
    if (high != -1) close(high);
    if (writing != -1) close(writing);
    if (failed != 0) {
        close(ends[0]);
        return -failed;
    }
    *output = ends[0];
    return process;
}

int pa_reap(int process, int kills) {
    int status = 0;
    if (kills) kill(process, SIGKILL);
    while (waitpid(process, &status, 0) == -1)
        if (errno != EINTR) return -errno;
    return status;
}

int pa_end_of(int status, int *number) {
    *number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    return WIFSIGNALED(status) ? 1 : 0;
}

int64_t pa_read_within(int descriptor, void *buffer, size_t byte_count, int milliseconds) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t end = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + milliseconds;
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        int64_t left = end - ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
        if (left < 0) return -ETIMEDOUT;
        struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
        int ready = poll(&waiting, 1, (int)left);
        if (ready == -1 && errno != EINTR) return -errno;
        if (ready <= 0) continue;
        ssize_t result = read(descriptor, buffer, byte_count);
        if (result >= 0) return result;
        if (errno != EINTR && errno != EAGAIN) return -errno;
    }
}

int pa_own_path(char *path, size_t capacity) {
#ifdef __APPLE__
    uint32_t size = capacity > UINT32_MAX ? UINT32_MAX : (uint32_t)capacity;
    return _NSGetExecutablePath(path, &size) == 0 ? 0 : -ENAMETOOLONG;
#else
    ssize_t count = readlink("/proc/self/exe", path, capacity);
    if (count == -1) return -errno;
    if ((size_t)count >= capacity) return -ENAMETOOLONG;
    path[count] = 0;
    return 0;
#endif
}

int pa_can_run(const char *path) { return access(path, X_OK) == 0; }
