// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files, mappings and processes that go away in all orders. That nothing is left
 * behind is for hvsim to say.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include "guests/layout.h"
#include "lib/guest.h"
#include "lib/ktest.h"
#include "lib/regs.h"

FIXTURE(life)
{
	int dev;
	int pt;
	int vp;
	struct vm vm;
	struct hv_message msg;
};

FIXTURE_SETUP(life)
{
	self->dev = mshv_open();
	vm_create(&self->vm, self->dev, 1, guest_find("storm", 5), 1, 0);
	self->pt = self->vm.fd;
	self->vp = self->vm.vps[0].fd;
}

/* The tests close what they want closed; the end of the process does the rest. */
FIXTURE_TEARDOWN(life)
{
}

static int run(struct _test_data_life *self)
{
	return mshv_try_run_vp(self->vp, &self->msg);
}

TEST_F(life, vp_outlives_partition_and_device)
{
	close(self->pt);
	close(self->dev);
	EXPECT_ERRNO(0, run(self));
	vp_set_regs(self->vp, (struct hv_reg[]){ REG(RAX, 1) }, 1);
	EXPECT_EQ(1, vp_get_reg(self->vp, HV_REG_RAX));
	close(self->vp);
}

TEST_F(life, partition_outlives_its_vps)
{
	ASSERT_ERRNO(0, run(self));
	close(self->vp);
	EXPECT_ERRNO(EEXIST, mshv_try_create_vp(self->pt, 0));
	EXPECT_ERRNO(0, mshv_try_create_vp(self->pt, 1));
	EXPECT_ERRNO(0, mshv_try_set_guest_memory(self->pt, 0, self->vm.ram,
						  GUEST_RAM_SIZE, UNMAP));
	close(self->pt);
}

TEST_F(life, one_vp_keeps_the_others)
{
	int other = mshv_create_vp(self->pt, 1);

	close(self->pt);
	close(self->vp);
	EXPECT_EQ(0, vp_get_reg(other, HV_REG_RAX));
	close(other);
}

TEST_F(life, mapping_outlives_all_files)
{
	uint8_t *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->vp,
			     MSHV_VP_MMAP_OFFSET_INTERCEPT_MESSAGE * PAGE);

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_ERRNO(0, run(self));
	close(self->vp);
	close(self->pt);
	close(self->dev);
	EXPECT_EQ(0, memcmp(page, &self->msg, sizeof(self->msg)));
	memset(page, 0, PAGE);
	munmap(page, PAGE);
}

TEST_F(life, copies_of_a_file_are_the_file)
{
	int copy = dup(self->vp), pt = dup(self->pt);

	close(self->vp);
	close(self->pt);
	self->vp = copy;
	EXPECT_ERRNO(0, run(self));
	EXPECT_ERRNO(EEXIST, mshv_try_create_vp(pt, 0));
}

/* The memory of the guest goes while its region stays. */
TEST_F(life, memory_goes_first)
{
	munmap(self->vm.ram, GUEST_RAM_SIZE);
	EXPECT_ERRNO(0, run(self));
	EXPECT_TRUE(self->msg.type == HV_MSG_UNMAPPED_GPA ||
		    self->msg.type == HV_MSG_GPA_INTERCEPT);
	EXPECT_ERRNO(0, mshv_try_set_guest_memory(self->pt, 0, self->vm.ram,
						  GUEST_RAM_SIZE, UNMAP));
}

struct fds {
	int vp;
	int pt;
};

static int use_files(void *arg)
{
	struct fds *fds = arg;
	struct hv_message msg;
	int ret;

	if (mshv_try_run_vp(fds->vp, &msg) != -EPERM)
		return -EPROTO;
	ret = mshv_try_create_vp(fds->pt, 1);
	return ret < 0 ? ret : 0;
}

/* A child has the files, but it is not the owner of the partition. */
TEST_F(life, child_can_use_the_files)
{
	struct fds fds = { .vp = self->vp, .pt = self->pt };

	EXPECT_ERRNO(0, in_child(use_files, &fds));
	EXPECT_ERRNO(EEXIST, mshv_try_create_vp(self->pt, 1));
	EXPECT_ERRNO(0, run(self));
}

/* The owner makes a machine, leaves a child and ends; the child reports. */
static void end_before_child(struct _test_data_life *self, int report)
{
	static struct vm vm;
	struct fds fds;
	int ret;

	vm_create(&vm, self->dev, 2, guest_find("storm", 5), 1, 0);
	fds = (struct fds){ .vp = vm.vps[0].fd, .pt = vm.fd };
	mshv_try_run_vp(fds.vp, &self->msg);
	if (fork())
		_exit(0);
	sleep_ms(200);
	ret = use_files(&fds);
	if (write(report, &ret, sizeof(ret)) != sizeof(ret))
		_exit(1);
	_exit(0);
}

TEST_F(life, child_outlives_the_owner)
{
	int report[2], ret = -EPIPE, status;
	pid_t owner;

	ASSERT_EQ(0, pipe(report));
	owner = fork();
	ASSERT_GE(owner, 0);
	if (!owner)
		end_before_child(self, report[1]);
	close(report[1]);
	ASSERT_EQ(owner, waitpid(owner, &status, 0));
	ASSERT_EQ(0, status);
	EXPECT_EQ(sizeof(ret), read(report[0], &ret, sizeof(ret)));
	EXPECT_ERRNO(0, ret);
}

/* The last reference may be one that is on its way to nobody. */
TEST_F(life, file_is_lost_in_a_socket)
{
	char space[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { .iov_base = space, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = sizeof(space),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &self->vp, sizeof(int));
	ASSERT_EQ(1, sendmsg(sockets[0], &msg, 0));
	close(self->pt);
	close(self->vp);
	close(sockets[0]);
	close(sockets[1]);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void *run_until_interrupted(void *arg)
{
	struct _test_data_life *self = arg;

	return (void *)(long)run(self);
}

/* A RUN_VP that is under way keeps its VP. */
TEST_F(life, files_are_closed_under_a_runner)
{
	struct sigaction sa = { .sa_handler = on_signal };
	pthread_t thread;
	void *ret;
	int i;

	sigaction(SIGUSR1, &sa, NULL);
	vm_create(&self->vm, self->dev, 2, guest_find("sleep", 5), 1, 0);
	self->vp = self->vm.vps[0].fd;
	ASSERT_ERRNO(0, vp_run_greeting(self->vp));
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_until_interrupted, self));
	sleep_ms(100);
	close(self->vm.vps[0].fd);
	close(self->vm.fd);
	sleep_ms(100);
	ASSERT_EQ(EBUSY, pthread_tryjoin_np(thread, &ret));
	/* Again and again: one may come at the wrong moment. */
	for (i = 0; i < 50 && pthread_tryjoin_np(thread, &ret); i++) {
		pthread_kill(thread, SIGUSR1);
		sleep_ms(20);
	}
	ASSERT_LT(i, 50);
	EXPECT_ERRNO(EINTR, (long)ret);
}

TEST_HARNESS_MAIN
