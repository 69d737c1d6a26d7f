// SPDX-License-Identifier: GPL-2.0-only
/* VP files: MSHV_RUN_VP and MSHV_CANCEL_VP. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "lib/guest.h"
#include "lib/ktest.h"
#include "lib/regs.h"
#include "lib/vm.h"

#define ROUNDS 20
#define SOON_MS 50

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
	ASSERT_ERRNO(0, vp_run_greeting(self->fd));
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
	ASSERT_ERRNO(0, vp_run_greeting(self->fd));
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
		ASSERT_ERRNO(0, vp_run_greeting(self->fd));
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
	ASSERT_ERRNO(0, vp_run_greeting(self->fd));
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

	ASSERT_ERRNO(0, vp_run_greeting(self->fd));
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

TEST_HARNESS_MAIN
