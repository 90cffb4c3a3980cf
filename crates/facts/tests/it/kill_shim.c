/* Counts what a process does to files under one folder, and ends it at the count it is told.
 *
 * Built by the crash test and loaded with LD_PRELOAD. KILL_UNDER is the folder, KILL_AT the count at which the process
 * dies by SIGKILL before the call is made (0: never), FAIL_AT the count from which calls that write fail with FAIL_WITH
 * (an errno; once, or for ever if FAIL_ALWAYS is set), KILL_LOG a file that gets one line for each call counted.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long counted;
static const char *under;
static long kill_at, fail_at, fail_with, fail_always;
static int log_fd = -1;

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

__attribute__((constructor)) static void begin(void) {
    under = getenv("KILL_UNDER");
    kill_at = number("KILL_AT");
    fail_at = number("FAIL_AT");
    fail_with = number("FAIL_WITH");
    fail_always = number("FAIL_ALWAYS");
    const char *log = getenv("KILL_LOG");
    if (log) log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

/* Whether the call is to fail. */
static int reached(const char *call, const char *path) {
    if (!under || !path || strncmp(path, under, strlen(under)) != 0) return 0;
    long at = atomic_fetch_add(&counted, 1) + 1;
    if (log_fd >= 0) {
        char line[PATH_MAX + 64];
        int length = snprintf(line, sizeof line, "%s %s\n", call, path + strlen(under));
        if (length > 0) syscall(SYS_write, log_fd, line, (size_t)length);
    }
    if (kill_at && at == kill_at) {
        syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
        for (;;) pause();
    }
    if (fail_at && (at == fail_at || (fail_always && at > fail_at))) {
        errno = (int)fail_with;
        return 1;
    }
    return 0;
}

static int reached_fd(const char *call, int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return reached(call, path);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t count) {
    if (reached_fd("write", fd)) return -1;
    return syscall(SYS_write, fd, bytes, count);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (reached_fd("write", fd)) return -1;
    return syscall(SYS_writev, fd, parts, count);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    if (reached_fd("pwrite", fd)) return -1;
    return NEXT(pwrite64)(fd, bytes, count, at);
}
int fsync(int fd) { return reached_fd("fsync", fd) ? -1 : (int)syscall(SYS_fsync, fd); }
int fdatasync(int fd) { return reached_fd("fdatasync", fd) ? -1 : (int)syscall(SYS_fdatasync, fd); }
int ftruncate64(int fd, off64_t length) { return reached_fd("ftruncate", fd) ? -1 : NEXT(ftruncate64)(fd, length); }
int rename(const char *from, const char *to) { return reached("rename", to) ? -1 : NEXT(rename)(from, to); }
int link(const char *from, const char *to) { return reached("link", to) ? -1 : NEXT(link)(from, to); }
int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
    return reached("link", to) ? -1 : (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}
int unlink(const char *path) { return reached("unlink", path) ? -1 : NEXT(unlink)(path); }
int unlinkat(int dir, const char *path, int flags) {
    /* Paths here are relative to a folder being cleared. */
    return reached_fd("unlink", dir) ? -1 : (int)syscall(SYS_unlinkat, dir, path, flags);
}
int mkdir(const char *path, mode_t mode) { return reached("mkdir", path) ? -1 : NEXT(mkdir)(path, mode); }
