#define _GNU_SOURCE
#include "CPstJail.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

static int limit(int resource, uint64_t most) {
    struct rlimit wanted, found;
    if (getrlimit(resource, &found) == -1) return -errno;
    wanted.rlim_cur = wanted.rlim_max = most;
    /* A lower limit that somebody set before stays. */
    if (found.rlim_max != RLIM_INFINITY && found.rlim_max < wanted.rlim_max) wanted.rlim_cur = wanted.rlim_max = found.rlim_max;
    return setrlimit(resource, &wanted) == -1 ? -errno : 0;
}

static int set_limits(uint64_t memory_bytes, uint64_t processor_seconds) {
    struct stat output;
    int failed = limit(RLIMIT_CORE, 0);
    if (failed == 0) failed = limit(RLIMIT_CPU, processor_seconds);
    if (failed == 0) failed = limit(RLIMIT_NOFILE, 16);
#ifdef __linux__
    /* macOS knows this limit and does not keep it. */
    if (failed == 0) failed = limit(RLIMIT_AS, memory_bytes);
#else
    (void)memory_bytes;
#endif
    /* It would also stop output that goes to a plain file. */
    if (failed == 0 && fstat(STDOUT_FILENO, &output) == 0 && S_ISFIFO(output.st_mode)) failed = limit(RLIMIT_FSIZE, 0);
    return failed;
}

#ifdef __linux__

#if defined(__x86_64__)
#define PA_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define PA_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* The numbers are the same for every architecture; older C libraries do not name them. */
#define PA_LANDLOCK_CREATE 444
#define PA_LANDLOCK_ADD 445
#define PA_LANDLOCK_RESTRICT 446
#define PA_CLOSE_RANGE 436

struct pa_ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scoped;
};
struct pa_path_rule {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

/* 1 when it holds, 0 when this kernel has none. */
static int restrict_files(int descriptor) {
    long version = syscall(PA_LANDLOCK_CREATE, NULL, 0, 1);
    if (version < 1) return 0;
    /* Each version knows more kinds of access: 13 in the first, then refer, truncate, and device control. */
    uint64_t files = (1 << 13) - 1;
    if (version >= 2) files |= 1 << 13;
    if (version >= 3) files |= 1 << 14;
    if (version >= 5) files |= 1 << 15;
    struct pa_ruleset rules = {.files = files, .network = version >= 4 ? 3 : 0, .scoped = version >= 6 ? 3 : 0};
    size_t size = version >= 6 ? sizeof rules : version >= 4 ? 16 : 8;
    int ruleset = (int)syscall(PA_LANDLOCK_CREATE, &rules, size, 0);
    if (ruleset == -1) return -errno;
    struct pa_path_rule rule = {.allowed = 1 << 2, .parent = descriptor};
    int result = 1;
    if (syscall(PA_LANDLOCK_ADD, ruleset, 1, &rule, 0) == -1) result = -errno;
    else if (syscall(PA_LANDLOCK_RESTRICT, ruleset, 0) == -1) result = -errno;
    close(ruleset);
    return result;
}

#ifdef PA_ARCHITECTURE

#define ALLOW(number)                                                                                                  \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSED (SECCOMP_RET_ERRNO | EPERM)
#define ARGUMENT(index) (offsetof(struct seccomp_data, args) + 8 * (index))

static const struct sock_filter first_list[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PA_ARCHITECTURE, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    ALLOW(__NR_read),
    ALLOW(__NR_pread64),
    ALLOW(__NR_lseek),
    ALLOW(__NR_write),
    ALLOW(__NR_close),
    ALLOW(__NR_fstat),
    ALLOW(__NR_brk),
    ALLOW(__NR_munmap),
    ALLOW(__NR_mremap),
    ALLOW(__NR_madvise),
    ALLOW(__NR_futex),
    ALLOW(__NR_clock_gettime),
    ALLOW(__NR_getrusage),
    ALLOW(__NR_getrandom),
    ALLOW(__NR_getpid),
    ALLOW(__NR_gettid),
    ALLOW(__NR_rt_sigprocmask),
    ALLOW(__NR_rt_sigaction),
    ALLOW(__NR_rt_sigreturn),
    ALLOW(__NR_exit),
    ALLOW(__NR_exit_group),
#ifdef __NR_newfstatat
    ALLOW(__NR_newfstatat),
#endif
    /* For the second list; it can only take away. */
    ALLOW(__NR_seccomp),
    /* Memory, but none that can be run. */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mmap, 1, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mprotect, 0, 3),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(2)),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 0, 3),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(2)),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_RET | BPF_K, REFUSED),
};

static const struct sock_filter second_list[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 1, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_seccomp, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, REFUSED),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static int add_list(const struct sock_filter *list, size_t count) {
    struct sock_fprog program = {.len = (unsigned short)count, .filter = (struct sock_filter *)list};
    return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == -1 ? -errno : 0;
}

#endif
#endif

void pa_jail_close_from(int first) {
#ifdef __linux__
    if (syscall(PA_CLOSE_RANGE, (unsigned)first, ~0U, 0) == 0) return;
#endif
    for (int descriptor = first; descriptor < 1024; descriptor++) close(descriptor);
}

int pa_jail_enter(int descriptor, uint64_t memory_bytes, uint64_t processor_seconds) {
    int parts = 0;
    int failed = set_limits(memory_bytes, processor_seconds);
    if (failed != 0) return failed;
    parts |= PA_JAIL_LIMITS;
#ifdef __linux__
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) return -errno;
    int result = restrict_files(descriptor);
    if (result < 0) return result;
    if (result > 0) parts |= PA_JAIL_LANDLOCK;
#ifdef PA_ARCHITECTURE
    failed = add_list(first_list, sizeof first_list / sizeof *first_list);
    if (failed == 0) parts |= PA_JAIL_SECCOMP;
    else if (failed != -ENOSYS && failed != -EINVAL) return failed;
#endif
#else
    (void)descriptor;
#endif
    return parts;
}

int pa_jail_seal(void) {
#if defined(__linux__) && defined(PA_ARCHITECTURE)
    int failed = add_list(second_list, sizeof second_list / sizeof *second_list);
    /* Where there is no seccomp, there was no first list either. */
    return failed == -ENOSYS || failed == -EINVAL ? 0 : failed;
#else
    return 0;
#endif
}

int pa_jail_probe(int descriptor, uint64_t memory_bytes) {
    int allowed = 0;
    char path[32];
    int found = open("/etc/passwd", O_RDONLY);
    if (found != -1) allowed |= 1;
    snprintf(path, sizeof path, "/dev/fd/%d", descriptor);
    if (open(path, O_RDONLY) != -1) allowed |= 2;
    if (open("/tmp/portable-archive-probe", O_WRONLY | O_CREAT | O_EXCL, 0600) != -1) {
        allowed |= 4;
        unlink("/tmp/portable-archive-probe");
    }
    if (socket(AF_INET, SOCK_STREAM, 0) != -1) allowed |= 8;
    pid_t child = fork();
    if (child == 0) _exit(0);
    if (child != -1) {
        allowed |= 16;
        waitpid(child, NULL, 0);
    }
    if (kill(getppid(), 0) != -1) allowed |= 128;
    struct rlimit more = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    if (setrlimit(RLIMIT_CORE, &more) != -1) allowed |= 256;
    /* Volatile, or the compiler takes both calls away and believes that there was memory. */
    char *volatile memory = malloc(memory_bytes);
    if (memory != NULL) {
        allowed |= 64;
        free(memory);
    }
    char *const arguments[] = {"true", NULL};
    char *const environment[] = {NULL};
    /* Comes back only when it is refused, unless there is no such program. */
    if (execve("/bin/true", arguments, environment) == -1 && errno == ENOENT) allowed |= 32;
    return allowed;
}
