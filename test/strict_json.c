/*
 * strict_json.c
 *		Reads every line of the given files as JSON, with jansson.
 *
 * usage: strict_json LIST, a file with one file name per line.  The second
 * opinion to strict_json.py: jansson refuses invalid UTF-8, lone surrogates,
 * members twice in an object and text after the value.  Numbers beyond a
 * double or an int64 are valid JSON that jansson cannot hold: not an error.
 * One test per file; the last line is "N passed, N failed, N skipped".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static int
read_line(const char *name, size_t number, const char *line, size_t len)
{
	json_error_t error;
	json_t *value = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

	if (value == NULL && json_error_code(&error) == json_error_numeric_overflow)
		value = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &error);
	if (value == NULL && json_error_code(&error) != json_error_numeric_overflow)
	{
		printf("%s:%zu: %s: %.200s\n", name, number, error.text, line);
		return 1;
	}
	json_decref(value);
	return 0;
}

static int
read_file(const char *name)
{
	FILE *file = fopen(name, "rb");
	char *line = NULL;
	size_t size = 0;
	size_t number = 0;
	ssize_t len;
	int errors = 0;

	if (file == NULL)
	{
		printf("%s: %s\n", name, strerror(errno));
		return 1;
	}
	while (errors < 3 && (len = getline(&line, &size, file)) > 0)
	{
		if (line[len - 1] == '\n')
			line[--len] = '\0';
		errors += read_line(name, ++number, line, (size_t) len);
	}
	free(line);
	fclose(file);
	return errors;
}

int
main(int argc, char **argv)
{
	FILE *list = argc == 2 ? fopen(argv[1], "r") : NULL;
	char *name = NULL;
	size_t size = 0;
	ssize_t len;
	int passed = 0;
	int failed = 0;

	if (list == NULL)
	{
		fprintf(stderr, "usage: strict_json LIST\n");
		return 2;
	}
	while ((len = getline(&name, &size, list)) > 0)
	{
		if (name[len - 1] == '\n')
			name[--len] = '\0';
		if (read_file(name) == 0)
			passed++;
		else
			failed++;
	}
	free(name);
	fclose(list);
	printf("%d passed, %d failed, 0 skipped\n", passed, failed);
	return failed > 0;
}
