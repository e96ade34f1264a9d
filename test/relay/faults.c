/*
 * faults.c
 *		Faults of the machine, for the tests: loaded into the relay with LD_PRELOAD.
 *
 * A file that FAULTS_CONTROL names says what is wrong now; it is read anew at
 * each call.  Its lines:
 *	full			writes to regular files fail: no space is left
 *	sync			flushes of files fail
 *	clock SECONDS	the clock of the calendar is off by that
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define LAST_BYTES 100 /* that a full disk takes of a larger write */

/* Whether a line begins with the word; what follows it is in *value. */
static bool
says(const char *word, long *value)
{
	const char *path = getenv("FAULTS_CONTROL");
	char text[256];
	int fd = path ? (int) syscall(SYS_open, path, O_RDONLY | O_CLOEXEC, 0) : -1;
	ssize_t len = fd >= 0 ? syscall(SYS_read, fd, text, sizeof(text) - 1) : 0;

	if (fd >= 0)
		syscall(SYS_close, fd);
	if (len <= 0)
		return false;
	text[len] = '\0';
	for (char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
	{
		if (strncmp(line, word, strlen(word)) != 0)
			continue;
		if (value)
			*value = strtol(line + strlen(word), NULL, 10);
		return true;
	}
	return false;
}

static bool
is_file(int fd)
{
	struct stat status;

	return fd > 2 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

ssize_t
write(int fd, const void *data, size_t len)
{
	if (is_file(fd) && says("full", NULL))
	{
		/* a little of it fits, as on a real disk */
		if (len > LAST_BYTES)
			return syscall(SYS_write, fd, data, LAST_BYTES);
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_write, fd, data, len);
}

int
fdatasync(int fd)
{
	if (is_file(fd) && says("sync", NULL))
	{
		errno = EIO;
		return -1;
	}
	return (int) syscall(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	if (is_file(fd) && says("sync", NULL))
	{
		errno = EIO;
		return -1;
	}
	return (int) syscall(SYS_fsync, fd);
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	long off = 0;
	int result = (int) syscall(SYS_clock_gettime, clock, now);

	if (clock == CLOCK_REALTIME && says("clock", &off))
		now->tv_sec += off;
	return result;
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec time;

	(void) zone;
	clock_gettime(CLOCK_REALTIME, &time);
	now->tv_sec = time.tv_sec;
	now->tv_usec = time.tv_nsec / 1000;
	return 0;
}
