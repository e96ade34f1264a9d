/*
 * notify.c
 *		Tells systemd about the program's state; see notify.h.
 *
 * The protocol is one datagram to a socket, so no library is needed.
 */
#include "relay/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void
relay_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, strlen(path));
	if (path[0] == '@')
		address.sun_path[0] = '\0'; /* an abstract name */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* whoever does not listen does not miss it */
	(void) sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *) &address,
				  (socklen_t) (offsetof(struct sockaddr_un, sun_path) + strlen(path)));
	close(fd);
}

int64_t
relay_notify_watchdog(void)
{
	const char *text = getenv("WATCHDOG_USEC");
	int64_t us = text ? strtoll(text, NULL, 10) : 0;

	/* twice as often as asked for */
	return us > 0 ? us / 2 : 0;
}
