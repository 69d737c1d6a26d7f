/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests on the kernel's own harness have in common. To be included by the
 * file with the tests, once.
 */
#ifndef SELFTEST_MSHV_KTEST_H
#define SELFTEST_MSHV_KTEST_H

#include <fcntl.h>
#include <linux/mshv_ext.h>
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "dev.h"

#define PAGE MSHV_HV_PAGE_SIZE
#define RWX (1 << MSHV_SET_MEM_BIT_WRITABLE | 1 << MSHV_SET_MEM_BIT_EXECUTABLE)
#define UNMAP (1 << MSHV_SET_MEM_BIT_UNMAP)

/* An address of the kernel's, which no program may name */
#define KERNEL_ADDRESS 0xffff888000000000ull

/* "EINVAL" and so on for -errno, "success" for anything else */
static inline const char *result_name(int ret)
{
	return ret < 0 ? mshv_errno_name(ret) : "success";
}

/* @err: the errno, a positive number; 0 for success */
#define EXPECT_ERRNO(err, ret)	EXPECT_STREQ(result_name(-(err)), result_name(ret))
#define ASSERT_ERRNO(err, ret)	ASSERT_STREQ(result_name(-(err)), result_name(ret))

/**
 * struct patch - What to change in a good argument to get a bad one
 * @what: for people
 * @offset: where
 * @size: bytes to change
 * @value: what to put there
 * @err: the errno that is then due
 */
struct patch {
	const char *what;
	uint16_t offset;
	uint16_t size;
	uint64_t value;
	int err;
};

#define PATCH(type, field, v, e)					\
	{ .what = #field " = " #v, .offset = offsetof(type, field),	\
	  .size = sizeof(((type *)0)->field), .value = (v), .err = (e) }

static inline void patch_apply(void *args, const struct patch *patch)
{
	memcpy((char *)args + patch->offset, &patch->value, patch->size);
}

/* Each of the changes makes the ioctl fail as it says. */
static inline void
expect_refused(struct __test_metadata *_metadata, int fd, unsigned long cmd,
	       const void *good, size_t size, const struct patch *patches,
	       unsigned int nr)
{
	unsigned char args[256];
	unsigned int i;

	ASSERT_LE(size, sizeof(args));
	for (i = 0; i < nr; i++) {
		memcpy(args, good, size);
		patch_apply(args, &patches[i]);
		EXPECT_ERRNO(patches[i].err, mshv_try_ioctl(fd, cmd, args)) {
			TH_LOG("with %s", patches[i].what);
		}
	}
}

#define EXPECT_REFUSED(fd, cmd, good, patches)				\
	expect_refused(_metadata, (fd), (cmd), (good), sizeof(*(good)),	\
		       (patches), ARRAY_SIZE(patches))

/* Memory of which all but the last @missing of @size bytes can be read */
static inline void *cut_short(size_t size, size_t missing)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + PAGE, PAGE, PROT_NONE))
		fail(EXIT_ERROR, "no memory for an argument");
	return p + PAGE - size + missing;
}

/* The argument of an ioctl that reads @size bytes is where it can't be read. */
static inline void expect_bad_pointers(struct __test_metadata *_metadata, int fd,
				       unsigned long cmd, size_t size)
{
	EXPECT_ERRNO(EFAULT, mshv_try_ioctl(fd, cmd, NULL));
	EXPECT_ERRNO(EFAULT, mshv_try_ioctl(fd, cmd, (void *)KERNEL_ADDRESS));
	EXPECT_ERRNO(EFAULT, mshv_try_ioctl(fd, cmd, cut_short(size, 1)));
	EXPECT_ERRNO(EFAULT, mshv_try_ioctl(fd, cmd, cut_short(size, size)));
}

#define EXPECT_BAD_POINTERS(fd, cmd, size)				\
	expect_bad_pointers(_metadata, (fd), (cmd), (size))

static inline void expect_unknown(struct __test_metadata *_metadata, int fd,
				  const unsigned long *cmds, unsigned int nr)
{
	char arg[512] = {};
	unsigned int i;

	for (i = 0; i < nr; i++) {
		EXPECT_ERRNO(ENOTTY, mshv_try_ioctl(fd, cmds[i], arg)) {
			TH_LOG("command 0x%lx", cmds[i]);
		}
	}
}

/* None of the commands in the array exists on this kind of file. */
#define EXPECT_UNKNOWN(fd, cmds)					\
	expect_unknown(_metadata, (fd), (cmds), ARRAY_SIZE(cmds))

/* What MSHV_CHECK_EXTENSION says; 0, too, of a driver that does not have it */
static inline int extension(uint32_t cap)
{
	int dev = mshv_open();
	int ret = mshv_try_ioctl(dev, MSHV_CHECK_EXTENSION, &cap);

	close(dev);
	return ret == -ENOTTY ? 0 : ret;
}

#define REQUIRE_EXTENSION(cap)						\
	do {								\
		if (extension(cap) <= 0)				\
			SKIP(return, "this driver has no " #cap);	\
	} while (0)

/* Run @fn in another process; what it returned, which is 0 or -errno. */
static inline int in_child(int (*fn)(void *arg), void *arg)
{
	pid_t child = fork();
	int status = 0;

	if (!child)
		_exit(-fn(arg));
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -ECHILD;
	return -WEXITSTATUS(status);
}

static inline bool is_cloexec(int fd)
{
	return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

/* Let the process have no more than @nr descriptors. */
static inline void limit_fds(unsigned int nr)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = nr;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* fail() ends a test; its usual statuses mean something else to the harness. */
static void __attribute__((constructor)) ktest_init(void)
{
	fail_status = KSFT_FAIL;
}

#endif /* SELFTEST_MSHV_KTEST_H */
