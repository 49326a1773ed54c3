/* SPDX-License-Identifier: MIT */
/* See executable.h. */
#include "shared/process/executable.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_MAX 256   /* of a first line the kernel reads this much */
#define HEADERS_MAX 64 /* program headers of an ELF file */

static bool
is_runnable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode)
	    && access(path, X_OK) == 0;
}

static bool
is_in_path(const char *name)
{
	const char *path = getenv("PATH");
	char at[4096];
	size_t n;

	for (; path != NULL && *path != '\0'; path += n + (path[n] != '\0')) {
		n = strcspn(path, ":");
		if (str_format(at, sizeof(at), "%.*s/%s", (int)n, path, name)
		    && is_runnable(at))
			return true;
	}
	return path == NULL;
}

/* ---- scripts -------------------------------------------------------- */

/* The next word of a first line; "" at its end. */
static char *
word_of(char **line)
{
	char *word = *line + strspn(*line, " \t");

	*line = word + strcspn(word, " \t");
	if (**line != '\0')
		*(*line)++ = '\0';
	return word;
}

static bool
script_fault(char *line, char *why, size_t size)
{
	size_t len = strcspn(line, "\n");
	char *program, *first, *base;

	/* Cut off by the kernel, and by us: its judgement is not ours. */
	if (line[len] == '\0' && len >= HEAD_MAX - 4)
		return false;
	line[len] = '\0';
	if (len > 0 && line[len - 1] == '\r') {
		str_format(why, size,
		    "its first line ends with a carriage return: save it with "
		    "the line ends of Unix");
		return true;
	}
	program = word_of(&line);
	first = word_of(&line);
	base = strrchr(program, '/');
	if (program[0] == '\0')
		str_format(why, size,
		    "its first line \"#!\" names no interpreter");
	else if (access(program, F_OK) == -1 && errno == ENOENT)
		str_format(why, size, "its interpreter %s is not there",
		    program);
	else if (!is_runnable(program))
		str_format(why, size,
		    "its interpreter %s is no program that can be run",
		    program);
	else if (base != NULL && strcmp(base, "/env") == 0 && first[0] != '\0'
	    && strpbrk(first, "-=/") != first && strchr(first, '=') == NULL
	    && !is_in_path(first))
		str_format(why, size, "its interpreter %s is not in $PATH",
		    first);
	else
		return false;
	return true;
}

/* ---- binaries ------------------------------------------------------- */

/* What a 64-bit ELF file asks for as its loader; "" when nothing. */
static void
elf_loader(int fd, const Elf64_Ehdr *h, char *out, size_t size)
{
	Elf64_Phdr p;

	out[0] = '\0';
	for (unsigned i = 0; i < h->e_phnum && i < HEADERS_MAX; i++) {
		ssize_t n;

		if (pread(fd, &p, sizeof(p),
			(off_t)(h->e_phoff + i * sizeof(p)))
		    != (ssize_t)sizeof(p))
			return;
		if (p.p_type != PT_INTERP || p.p_filesz >= size)
			continue;
		n = pread(fd, out, p.p_filesz, (off_t)p.p_offset);
		out[n > 0 ? n : 0] = '\0';
		return;
	}
}

static bool
elf_fault(int fd, const char *head, size_t len, char *why, size_t size)
{
	char loader[256];
	Elf64_Ehdr h;

	if (len < sizeof(h) || head[EI_CLASS] != ELFCLASS64)
		return false;
	memcpy(&h, head, sizeof(h));
	if (h.e_phentsize != sizeof(Elf64_Phdr))
		return false;
	elf_loader(fd, &h, loader, sizeof(loader));
	if (loader[0] == '\0' || access(loader, F_OK) == 0 || errno != ENOENT)
		return false;
	str_format(why, size,
	    "it is built for another system: its loader %s is not there",
	    loader);
	return true;
}

/* ---- the public face ------------------------------------------------ */

static bool
head_fault(int fd, char *why, size_t size)
{
	char head[HEAD_MAX + 1];
	ssize_t n = pread(fd, head, HEAD_MAX, 0);

	if (n < 0)
		return false;
	head[n] = '\0';
	if (n > 2 && memcmp(head, "#!", 2) == 0)
		return script_fault(head + 2, why, size);
	if (n >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0)
		return elf_fault(fd, head, (size_t)n, why, size);
	/* Zeros and control characters: a format that binfmt_misc may know. */
	for (ssize_t i = 0; i < n; i++)
		if ((unsigned char)head[i] < ' '
		    && memchr("\t\n\r\f", head[i], 4) == NULL)
			return false;
	str_format(why, size,
	    "it is neither a program nor has it a first line \"#!...\" that "
	    "names its interpreter");
	return true;
}

bool
executable_fault(const char *path, char *why, size_t size)
{
	struct stat st;
	bool bad;
	int fd;

	why[0] = '\0';
	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode)
	    || access(path, X_OK) == -1) {
		str_format(why, size, "%s",
		    stat(path, &st) == -1     ? strerror(errno)
			: S_ISREG(st.st_mode) ? "it is not executable"
					      : "it is no plain file");
		return true;
	}
	/* What may be run may still be not for us to read. */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return false;
	bad = head_fault(fd, why, size);
	close(fd);
	return bad;
}

void
executable_run(const char *path, char *const *argv)
{
	char why[512];
	int failed;

	execv(path, argv);
	failed = errno;
	if (!executable_fault(path, why, sizeof(why)))
		str_format(why, sizeof(why), "%s",
		    failed == ENOEXEC ? "it is no program for this machine"
				      : strerror(failed));
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", path, why);
	_exit(127);
}
