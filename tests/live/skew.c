/* A clock that is wrong: every call for the time of day gives it SKEW seconds too late, or too early.
 *
 * What waits until a time of day is given the right one to wait for: the kernel's clock is not the one that is wrong.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long skew;

/* At once: nginx clears its environment later. */
__attribute__((constructor)) static void begin(void)
{
    const char *said = getenv("SKEW");
    skew = said == NULL ? 0 : atol(said);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int) syscall(SYS_clock_gettime, clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += skew;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec found;
    (void) zone;
    if (clock_gettime(CLOCK_REALTIME, &found))
        return -1;
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *place)
{
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (place != NULL)
        *place = found.tv_sec;
    return found.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until)
{
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    struct timespec right = *until;
    if (real == NULL)
        *(void **) &real = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (right.tv_sec > 1000000000) /* a time of day, and not the time since the machine was started */
        right.tv_sec -= skew;
    return real(condition, mutex, &right);
}
