/* A disk that misbehaves at the n-th call: for tests, by LD_PRELOAD, below Python, Arrow and DuckDB.

   FAULT_OPS     the calls that count, of: open read write fsync rename unlink mkdir (with commas)
   FAULT_WHERE   only calls whose path holds this text
   FAULT_COUNT   a file of 7 numbers of 8 bytes: how many such calls there were, in all processes
                 together; then calls of each kind with that path, in the order of `kinds`
   FAULT_NTH     the call at which it happens, from 1
   FAULT_DO      group | self | leader: SIGKILL of the process group, the caller, the group's leader
                 wait: until a file FAULT_GATE exists
                 a number: the call fails with this errno
                 any of these with "+": so do all calls after it
   FAULT_CLOCK   seconds: the wall clock jumps back and forth by as much at every look (builder.py
                 does the same to Python's monotonic clocks: the kernel waits by its own) */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const char *ops, *where, *action, *gate;
static long nth, jump;
static unsigned long *count;
static const char *const kinds[] = {"open", "write", "fsync", "rename", "unlink", "mkdir", 0};

/* At the start of a process; a test that forks calls it again. */
__attribute__((constructor)) void fault_begin(void) {
    char *n = getenv("FAULT_NTH"), *clock = getenv("FAULT_CLOCK"), *file = getenv("FAULT_COUNT");
    jump = clock ? atol(clock) : 0;
    ops = getenv("FAULT_OPS"), where = getenv("FAULT_WHERE"), action = getenv("FAULT_DO");
    gate = getenv("FAULT_GATE");
    nth = n ? atol(n) : 0;
    count = 0;
    if (!file || !where) return;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR);
    void *map = fd < 0 ? MAP_FAILED : mmap(0, 56, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0) syscall(SYS_close, fd);
    if (map != MAP_FAILED) count = map;
}

/* 0: let the call happen; otherwise the errno it fails with. */
static int fault(const char *op, const char *path) {
    if (!count || !path || !strstr(path, where)) return 0;
    for (int kind = 0; kinds[kind]; kind++)
        if (!strcmp(kinds[kind], op)) __atomic_add_fetch(count + 1 + kind, 1, __ATOMIC_SEQ_CST);
    if (!ops || !strstr(ops, op)) return 0;
    long now = (long)__atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
    if (!nth || !action || now < nth) return 0;
    int lasting = strchr(action, '+') != 0;
    if (now > nth && !lasting) return 0;
    while (!strcmp(action, "wait") && gate && access(gate, F_OK)) usleep(10000);
    if (!strncmp(action, "group", 5)) kill(0, SIGKILL);
    if (!strncmp(action, "self", 4)) kill(getpid(), SIGKILL);
    if (!strncmp(action, "leader", 6)) kill(getpgrp(), SIGKILL);
    return atoi(action);
}

static int fault_fd(const char *op, int fd) {
    if (!count) return 0;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return fault(op, path);
}

#define FAIL_PATH(op, path) do { int e_ = fault(op, path); if (e_) { errno = e_; return -1; } } while (0)
#define FAIL_FD(op, fd) do { int e_ = fault_fd(op, fd); if (e_) { errno = e_; return -1; } } while (0)

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list more; va_start(more, flags); mode_t mode = va_arg(more, mode_t); va_end(more); \
        FAIL_PATH("open", path); \
        return REAL(name)(path, flags, mode); }
OPEN(open)
OPEN(open64)
#define OPENAT(name) \
    int name(int at, const char *path, int flags, ...) { \
        va_list more; va_start(more, flags); mode_t mode = va_arg(more, mode_t); va_end(more); \
        FAIL_PATH("open", path); \
        return REAL(name)(at, path, flags, mode); }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int fd, const void *b, size_t n) { FAIL_FD("write", fd); return REAL(write)(fd, b, n); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { FAIL_FD("write", fd); return REAL(pwrite)(fd, b, n, o); }
ssize_t pwrite64(int fd, const void *b, size_t n, off_t o) { FAIL_FD("write", fd); return REAL(pwrite64)(fd, b, n, o); }
ssize_t writev(int fd, const struct iovec *v, int n) { FAIL_FD("write", fd); return REAL(writev)(fd, v, n); }
ssize_t read(int fd, void *b, size_t n) { FAIL_FD("read", fd); return REAL(read)(fd, b, n); }
ssize_t pread(int fd, void *b, size_t n, off_t o) { FAIL_FD("read", fd); return REAL(pread)(fd, b, n, o); }
ssize_t pread64(int fd, void *b, size_t n, off_t o) { FAIL_FD("read", fd); return REAL(pread64)(fd, b, n, o); }
int fsync(int fd) { FAIL_FD("fsync", fd); return REAL(fsync)(fd); }
int fdatasync(int fd) { FAIL_FD("fsync", fd); return REAL(fdatasync)(fd); }
int ftruncate(int fd, off_t n) { FAIL_FD("write", fd); return REAL(ftruncate)(fd, n); }
int rename(const char *a, const char *b) { FAIL_PATH("rename", b); return REAL(rename)(a, b); }
int renameat(int x, const char *a, int y, const char *b) { FAIL_PATH("rename", b); return REAL(renameat)(x, a, y, b); }
int unlink(const char *p) { FAIL_PATH("unlink", p); return REAL(unlink)(p); }
int unlinkat(int d, const char *p, int f) { FAIL_PATH("unlink", p); return REAL(unlinkat)(d, p, f); }
int rmdir(const char *p) { FAIL_PATH("unlink", p); return REAL(rmdir)(p); }
int mkdir(const char *p, mode_t m) { FAIL_PATH("mkdir", p); return REAL(mkdir)(p, m); }

/* Straight to the kernel: the C library may look at the clock before dlsym can be asked. */
int clock_gettime(clockid_t which, struct timespec *t) {
    static int side;
    int status = (int)syscall(SYS_clock_gettime, which, t);
    if (jump && !status && which == CLOCK_REALTIME)
        t->tv_sec += __atomic_add_fetch(&side, 1, __ATOMIC_RELAXED) % 2 ? jump : -jump;
    return status;
}
int gettimeofday(struct timeval *t, void *zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    t->tv_sec = now.tv_sec, t->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *t) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (t) *t = now.tv_sec;
    return now.tv_sec;
}
