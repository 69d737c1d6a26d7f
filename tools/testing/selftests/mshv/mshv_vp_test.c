// SPDX-License-Identifier: GPL-2.0-only
/* VP files: MSHV_RUN_VP, MSHV_CANCEL_VP and mmap(). */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "guests/layout.h"
#include "lib/guest.h"
#include "lib/ktest.h"
#include "lib/regs.h"
#include "lib/vm.h"

#define ROUNDS 20
#define SOON_MS 50

/* Layout of the register page */
#define REGISTER_PAGE_VALID 2
#define REGISTER_PAGE_RIP 136

FIXTURE(vp)
{
	struct vm vm;
	int dev;
	int fd;
	struct hv_message msg;
};

FIXTURE_SETUP(vp)
{
	self->dev = mshv_open();
}

FIXTURE_TEARDOWN(vp)
{
	close(self->dev);
}

static void create(struct _test_data_vp *self, const char *guest)
{
	vm_create(&self->vm, self->dev, 1, guest_find(guest, strlen(guest)), 1, 0);
	self->fd = self->vm.vps[0].fd;
}

static int run(struct _test_data_vp *self)
{
	return mshv_try_run_vp(self->fd, &self->msg);
}

/* Skip what the guest says first; then it does nothing that the VMM gets to see. */
static void run_greeting(struct __test_metadata *_metadata,
			 struct _test_data_vp *self)
{
	struct hv_io_port_message m;

	do {
		ASSERT_ERRNO(0, run(self));
		ASSERT_EQ(HV_MSG_X64_IO_PORT, self->msg.type);
		memcpy(&m, self->msg.payload, sizeof(m));
		vp_set_regs(self->fd, (struct hv_reg[]) {
			REG(RIP, m.header.rip + (m.header.length_cr8 & 0xf)),
			REG(RAX, m.header.access_type == HV_ACCESS_READ ? 0xff : m.rax),
		}, 2);
	} while (m.header.access_type == HV_ACCESS_READ || (m.rax & 0xff) != '\n');
}

static const unsigned long not_for_vps[] = {
	MSHV_CREATE_PARTITION, MSHV_CHECK_EXTENSION, MSHV_INITIALIZE_PARTITION,
	MSHV_CREATE_VP, MSHV_SET_GUEST_MEMORY, MSHV_IRQFD, MSHV_IOEVENTFD,
	MSHV_SET_MSI_ROUTING, MSHV_GET_GPAP_ACCESS_BITMAP,
	_IO(MSHV_IOCTL, 0xff), _IO(0, 0), ~0ul,
};

TEST_F(vp, has_no_ioctls_of_other_files)
{
	create(self, "storm");
	EXPECT_UNKNOWN(self->fd, not_for_vps);
}

TEST_F(vp, can_not_be_read_or_written)
{
	char c = 0;

	create(self, "storm");
	EXPECT_EQ(-1, read(self->fd, &c, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->fd, &c, 1));
	EXPECT_EQ(EINVAL, errno);
}

/* The example in the documentation */
TEST_F(vp, starts_at_the_reset_vector)
{
	static const uint8_t code[] = { 0xb0, 'A', 0xe6, 0x80, 0xf4 };
	int pt = mshv_create_partition(self->dev, 1 << MSHV_PT_BIT_LAPIC);
	uint8_t *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct hv_io_port_message m;

	ASSERT_NE(MAP_FAILED, page);
	memcpy(page + 0xff0, code, sizeof(code));
	mshv_initialize(pt);
	mshv_set_guest_memory(pt, 0xfffff000, page, PAGE,
			      1 << MSHV_SET_MEM_BIT_EXECUTABLE);
	self->fd = mshv_create_vp(pt, 0);
	ASSERT_ERRNO(0, run(self));
	ASSERT_EQ(HV_MSG_X64_IO_PORT, self->msg.type);
	memcpy(&m, self->msg.payload, sizeof(m));
	EXPECT_EQ(0x80, m.port);
	EXPECT_EQ('A', m.rax & 0xff);
	EXPECT_EQ(0xfff2, m.header.rip);
	EXPECT_EQ(2, m.header.length_cr8 & 0xf);
}

/* Nobody completes the instruction but the VMM. */
TEST_F(vp, stays_where_it_stopped)
{
	uint64_t rip;

	create(self, "storm");
	run_greeting(_metadata, self);
	ASSERT_ERRNO(0, run(self));
	rip = vp_get_reg(self->fd, HV_REG_RIP);
	ASSERT_ERRNO(0, run(self));
	EXPECT_EQ(HV_MSG_X64_IO_PORT, self->msg.type);
	EXPECT_EQ(rip, vp_get_reg(self->fd, HV_REG_RIP));
}

TEST_F(vp, survives_bad_buffers)
{
	void *read_only = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			       -1, 0);

	create(self, "storm");
	EXPECT_BAD_POINTERS(self->fd, MSHV_RUN_VP, sizeof(struct mshv_run_vp));
	EXPECT_ERRNO(EFAULT, mshv_try_ioctl(self->fd, MSHV_RUN_VP, read_only));
	EXPECT_ERRNO(0, run(self));
	EXPECT_EQ(HV_MSG_X64_IO_PORT, self->msg.type);
}

static int run_in_child(void *arg)
{
	return run(arg);
}

TEST_F(vp, is_run_by_its_owner_only)
{
	create(self, "storm");
	EXPECT_ERRNO(EPERM, in_child(run_in_child, self));
	EXPECT_ERRNO(0, run(self));
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* Again and again: one may come at the wrong moment. */
static void alarm_soon(void)
{
	const struct itimerval timer = {
		.it_value.tv_usec = SOON_MS * 1000,
		.it_interval.tv_usec = SOON_MS * 1000,
	};
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

TEST_F(vp, is_left_by_a_signal)
{
	create(self, "busy");
	run_greeting(_metadata, self);
	alarm_soon();
	EXPECT_ERRNO(EINTR, run(self));
	EXPECT_ERRNO(EINTR, run(self));
}

static void *run_many(void *arg)
{
	struct _test_data_vp *self = arg;
	struct hv_message msg;
	unsigned long bad = 0;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (mshv_try_run_vp(self->fd, &msg) || msg.type != HV_MSG_X64_IO_PORT)
			bad++;
	}
	return (void *)bad;
}

TEST_F(vp, takes_turns_with_two_runners)
{
	pthread_t threads[2];
	void *bad;
	int i;

	create(self, "storm");
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, run_many, self));
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], &bad);
		EXPECT_EQ(NULL, bad);
	}
}

static void *run_once(void *arg)
{
	run(arg);
	return NULL;
}

/* One thread runs the VP, one waits for it: neither may outlive the process. */
TEST_F(vp, lets_waiting_runners_die)
{
	pid_t child = fork();
	pthread_t thread;
	int status;

	ASSERT_GE(child, 0);
	if (!child) {
		create(self, "busy");
		run_greeting(_metadata, self);
		pthread_create(&thread, NULL, run_once, self);
		run(self);
		_exit(KSFT_FAIL);
	}
	sleep_ms(500);
	ASSERT_EQ(0, waitpid(child, &status, WNOHANG));
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
}

static int cancel(int fd)
{
	return mshv_try_ioctl(fd, MSHV_CANCEL_VP, NULL);
}

/* EINTR and the same RIP show that the guest was not entered. */
TEST_F(vp, can_be_canceled_before_it_runs)
{
	uint64_t rip;

	REQUIRE_EXTENSION(MSHV_CAP_CANCEL_VP);
	create(self, "storm");
	run_greeting(_metadata, self);
	rip = vp_get_reg(self->fd, HV_REG_RIP);
	EXPECT_ERRNO(0, cancel(self->fd));
	EXPECT_ERRNO(EINTR, run(self));
	EXPECT_EQ(rip, vp_get_reg(self->fd, HV_REG_RIP));
	EXPECT_ERRNO(0, run(self));
	EXPECT_NE(rip, vp_get_reg(self->fd, HV_REG_RIP));
}

TEST_F(vp, counts_cancels_as_one)
{
	int i;

	REQUIRE_EXTENSION(MSHV_CAP_CANCEL_VP);
	create(self, "storm");
	for (i = 0; i < 3; i++)
		EXPECT_ERRNO(0, mshv_try_ioctl(self->fd, MSHV_CANCEL_VP,
					       (void *)KERNEL_ADDRESS));
	EXPECT_ERRNO(EINTR, run(self));
	EXPECT_ERRNO(0, run(self));
}

static int cancel_in_child(void *arg)
{
	return cancel(((struct _test_data_vp *)arg)->fd);
}

TEST_F(vp, can_be_canceled_by_whoever_has_the_file)
{
	REQUIRE_EXTENSION(MSHV_CAP_CANCEL_VP);
	create(self, "storm");
	EXPECT_ERRNO(0, in_child(cancel_in_child, self));
	EXPECT_ERRNO(EINTR, run(self));
}

static void *cancel_later(void *arg)
{
	int fd = *(int *)arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		sleep_ms(SOON_MS);
		cancel(fd);
	}
	return NULL;
}

/* Each cancel is worth one EINTR. */
static void expect_canceled(struct __test_metadata *_metadata,
			    struct _test_data_vp *self)
{
	pthread_t thread;
	uint64_t start;
	int i;

	run_greeting(_metadata, self);
	start = now_ms();
	ASSERT_EQ(0, pthread_create(&thread, NULL, cancel_later, &self->fd));
	for (i = 0; i < ROUNDS / 2; i++)
		ASSERT_ERRNO(EINTR, run(self));
	EXPECT_GE(now_ms() - start, SOON_MS * ROUNDS / 2);
	pthread_join(thread, NULL);
}

TEST_F(vp, can_be_canceled_while_it_spins)
{
	REQUIRE_EXTENSION(MSHV_CAP_CANCEL_VP);
	create(self, "busy");
	expect_canceled(_metadata, self);
}

TEST_F(vp, can_be_canceled_while_it_halts)
{
	REQUIRE_EXTENSION(MSHV_CAP_CANCEL_VP);
	create(self, "sleep");
	expect_canceled(_metadata, self);
}

static void *map(int fd, int page, size_t size, int prot, int flags)
{
	return mmap(NULL, size, prot, flags, fd, (off_t)page * PAGE);
}

TEST_F(vp, maps_its_pages)
{
	struct hv_intercept_header header;
	uint8_t *regs, *message;
	uint64_t rip;

	create(self, "storm");
	message = map(self->fd, MSHV_VP_MMAP_OFFSET_INTERCEPT_MESSAGE, PAGE, PROT_READ,
		      MAP_SHARED);
	ASSERT_NE(MAP_FAILED, message);
	ASSERT_ERRNO(0, run(self));
	EXPECT_EQ(0, memcmp(message, &self->msg, sizeof(self->msg)));

	regs = map(self->fd, MSHV_VP_MMAP_OFFSET_REGISTERS, PAGE,
		   PROT_READ | PROT_WRITE, MAP_SHARED);
	if (regs == MAP_FAILED) {
		ASSERT_EQ(ENODEV, errno);
		SKIP(return, "this hypervisor has no register page");
	}
	memcpy(&header, self->msg.payload, sizeof(header));
	memcpy(&rip, regs + REGISTER_PAGE_RIP, sizeof(rip));
	EXPECT_EQ(1, regs[REGISTER_PAGE_VALID]);
	EXPECT_EQ(header.rip, rip);
}

TEST_F(vp, refuses_bad_mappings)
{
	static const struct {
		int page;
		unsigned int pages;
		int prot, flags, err;
	} rows[] = {
		{ 0, 2, PROT_READ, MAP_SHARED, EINVAL },
		{ 1, 2, PROT_READ, MAP_SHARED, EINVAL },
		{ 1, 16, PROT_READ, MAP_SHARED, EINVAL },
		{ 0, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE, EINVAL },
		{ 1, 1, PROT_READ, MAP_PRIVATE, EINVAL },
		{ 0, 1, PROT_READ | PROT_EXEC, MAP_SHARED, EPERM },
		{ 1, 1, PROT_EXEC, MAP_SHARED, EPERM },
		{ MSHV_VP_MMAP_OFFSET_GHCB, 1, PROT_READ, MAP_SHARED, ENODEV },
		{ MSHV_VP_MMAP_OFFSET_COUNT, 1, PROT_READ, MAP_SHARED, EINVAL },
		{ 0x7fffffff, 1, PROT_READ, MAP_SHARED, EINVAL },
	};
	unsigned int i;

	create(self, "storm");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		void *p = map(self->fd, rows[i].page, rows[i].pages * PAGE,
			      rows[i].prot, rows[i].flags);

		EXPECT_EQ(MAP_FAILED, p) {
			TH_LOG("row %u", i);
		}
		EXPECT_ERRNO(rows[i].err, -errno) {
			TH_LOG("row %u", i);
		}
	}
}

/* What mmap() refuses must not come in by another way. */
TEST_F(vp, keeps_its_mappings_as_they_are)
{
	uint8_t *p;

	create(self, "storm");
	p = map(self->fd, MSHV_VP_MMAP_OFFSET_INTERCEPT_MESSAGE, PAGE, PROT_READ,
		MAP_SHARED);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(-1, mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(MAP_FAILED, mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(0, mprotect(p, PAGE, PROT_READ | PROT_WRITE));
}

static int is_mapped(void *p)
{
	return msync(p, PAGE, MS_ASYNC) ? -errno : 0;
}

TEST_F(vp, does_not_hand_its_mappings_to_children)
{
	uint8_t *p;

	create(self, "storm");
	p = map(self->fd, MSHV_VP_MMAP_OFFSET_INTERCEPT_MESSAGE, PAGE, PROT_READ,
		MAP_SHARED);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_ERRNO(0, is_mapped(p));
	EXPECT_ERRNO(ENOMEM, in_child(is_mapped, p));
}

TEST_HARNESS_MAIN
