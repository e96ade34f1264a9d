/*
 * state_file.c
 *		The state in a file.
 *
 * The new text goes to a file beside it, which is flushed to disk and then
 * takes its name; flushing the folder makes that durable.  So the file is
 * always whole, the old one or the new one.
 */
#define _GNU_SOURCE 1
#include "relay/state.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct FileStore
{
	RelayStore base;
	char *path;
	char *temporary; /* name of the new one */
	char *folder;
} FileStore;

static bool
file_error(const FileStore *store, RelayError *error, const char *what)
{
	relay_fail(error, RELAY_EXIT_INTERNAL, "could not %s %s: %s", what, store->base.name, strerror(errno));
	if (errno == ENOSPC || errno == EDQUOT)
		relay_hint(error, "Nothing is confirmed to the server that the state does not have: make room and start again.");
	return false;
}

static char *
file_read(RelayStore *base, size_t *len, RelayError *error)
{
	const FileStore *store = (const FileStore *) base;
	char *text = relay_read_file(store->path, len);

	if (!text && errno != ENOENT)
		file_error(store, error, "read the state from");
	return text;
}

static bool
write_temporary(const FileStore *store, const char *text, size_t len, RelayError *error)
{
	int fd = open(store->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	bool ok;

	if (fd < 0)
		return file_error(store, error, "write the state to");
	ok = relay_write_all(fd, text, len) && fsync(fd) == 0;
	if (!ok)
		file_error(store, error, "write the state to");
	if (close(fd) != 0 && ok)
		ok = file_error(store, error, "write the state to");
	if (!ok)
		unlink(store->temporary);
	return ok;
}

static bool
flush_folder(const FileStore *store, RelayError *error)
{
	int fd = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (!ok)
		file_error(store, error, "flush the folder of");
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool
file_write(RelayStore *base, const char *text, size_t len, RelayError *error)
{
	const FileStore *store = (const FileStore *) base;

	if (!write_temporary(store, text, len, error))
		return false;
	if (rename(store->temporary, store->path) != 0)
		return file_error(store, error, "replace the state in");
	return flush_folder(store, error);
}

static RelayStored
file_serve(RelayStore *base, RelayError *error)
{
	(void) base;
	(void) error;
	return RELAY_STORED; /* writing waits */
}

static int
file_descriptor(RelayStore *base)
{
	(void) base;
	return -1;
}

static void
file_close(RelayStore *base)
{
	FileStore *store = (FileStore *) base;

	free(store->path);
	free(store->temporary);
	free(store->folder);
	free(base->name);
	free(store);
}

static const RelayStoreKind file_kind = {
	.read = file_read,
	.write = file_write,
	.serve = file_serve,
	.descriptor = file_descriptor,
	.close = file_close,
};

RelayStore *
relay_state_file(const char *path, RelayError *error)
{
	FileStore *store = relay_alloc(sizeof(*store));
	RelayBuf buf = {0};
	struct stat status;
	char *copy = relay_strdup(path);

	store->base.kind = &file_kind;
	store->path = relay_strdup(path);
	store->folder = relay_strdup(dirname(copy));
	free(copy);
	relay_buf_printf(&buf, "file \"%s\"", path);
	store->base.name = relay_strdup(relay_buf_cstring(&buf));
	buf.len = 0;
	relay_buf_printf(&buf, "%s.new", path);
	store->temporary = relay_strdup(relay_buf_cstring(&buf));
	relay_buf_free(&buf);

	/* what would fail at the first write is found before the slot is touched */
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		relay_fail(error, RELAY_EXIT_USAGE, "%s cannot hold the state: it is not a regular file", store->base.name);
	else if (access(store->folder, W_OK | X_OK) != 0)
		file_error(store, error, "write to the folder of");
	if (!error->set)
		return &store->base;
	file_close(&store->base);
	return NULL;
}
