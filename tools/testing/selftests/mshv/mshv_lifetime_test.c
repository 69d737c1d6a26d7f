// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files, mappings and processes that go away in all orders, and at the same
 * time as something else. That nothing is left behind is for hvsim to say.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "guests/layout.h"
#include "lib/guest.h"
#include "lib/ktest.h"
#include "lib/poke.h"
#include "lib/regs.h"

#define GPA 0x1000000ull
#define RACE_MS 1000
#define NR_PAGES 64
#define MSI_ADDRESS 0xfee00000u
#define VECTOR 0x50

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

/* A child has the files, but it is not the owner of the partition. */
TEST_F(life, child_outlives_its_parent)
{
	pid_t parent = fork();
	int status;

	ASSERT_GE(parent, 0);
	if (!parent) {
		struct vm *vm = calloc(1, sizeof(*vm));
		pid_t child;

		vm_create(vm, self->dev, 2, guest_find("storm", 5), 1, 0);
		mshv_try_run_vp(vm->vps[0].fd, &self->msg);
		child = fork();
		if (child)
			_exit(0);	/* the owner is gone, its memory as well */
		sleep_ms(200);
		if (mshv_try_run_vp(vm->vps[0].fd, &self->msg) != -EPERM ||
		    mshv_try_create_vp(vm->fd, 1) < 0 ||
		    vp_get_reg(vm->vps[0].fd, HV_REG_RIP) == 0)
			kill(getppid(), SIGKILL);
		_exit(0);
	}
	ASSERT_EQ(parent, waitpid(parent, &status, 0));
	EXPECT_EQ(0, status);
	sleep_ms(600);
	EXPECT_ERRNO(0, run(self));
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

	ret = mshv_try_run_vp(fds->vp, &msg);
	if (ret != -EPERM)
		return -EPROTO;
	ret = mshv_try_create_vp(fds->pt, 1);
	return ret < 0 ? ret : 0;
}

TEST_F(life, child_can_use_the_files)
{
	struct fds fds = { .vp = self->vp, .pt = self->pt };

	EXPECT_ERRNO(0, in_child(use_files, &fds));
	EXPECT_ERRNO(EEXIST, mshv_try_create_vp(self->pt, 1));
	EXPECT_ERRNO(0, run(self));
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
	do {
		struct hv_io_port_message m;

		ASSERT_ERRNO(0, run(self));
		memcpy(&m, self->msg.payload, sizeof(m));
		vp_set_regs(self->vp, (struct hv_reg[]) {
			REG(RIP, m.header.rip + (m.header.length_cr8 & 0xf)),
		}, 1);
		if (m.header.access_type == HV_ACCESS_READ)
			vp_set_regs(self->vp, (struct hv_reg[]) { REG(RAX, 0xff) }, 1);
		else if ((m.rax & 0xff) == '\n')
			break;
	} while (true);
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_until_interrupted, self));
	sleep_ms(100);
	close(self->vm.vps[0].fd);
	close(self->vm.fd);
	sleep_ms(100);
	for (i = 0; i < 5; i++) {
		pthread_kill(thread, SIGUSR1);
		sleep_ms(20);
		if (pthread_tryjoin_np(thread, &ret) == 0)
			break;
	}
	ASSERT_LT(i, 5);
	EXPECT_ERRNO(EINTR, (long)ret);
}

/* What a thread does again and again while the test does something else */
struct racer {
	void (*step)(struct racer *racer);
	atomic_bool stop;
	pthread_t thread;
	unsigned long steps;
	unsigned long errors;
	struct poke *p;
	uint8_t *mem;
	int fd;
	int pt;
};

static void *race(void *arg)
{
	struct racer *racer = arg;

	while (!atomic_load(&racer->stop)) {
		racer->step(racer);
		racer->steps++;
	}
	return NULL;
}

static void start_race(struct racer *racer, void (*step)(struct racer *racer))
{
	racer->step = step;
	if (pthread_create(&racer->thread, NULL, race, racer))
		fail(EXIT_ERROR, "cannot create a thread");
}

static void stop_race(struct racer *racer)
{
	atomic_store(&racer->stop, true);
	pthread_join(racer->thread, NULL);
}

static void map_and_unmap(struct racer *racer)
{
	if (mshv_try_set_guest_memory(racer->pt, GPA, racer->mem, NR_PAGES * PAGE, RWX))
		racer->errors++;
	sleep_ms(1);
	if (mshv_try_set_guest_memory(racer->pt, GPA, racer->mem, NR_PAGES * PAGE,
				      UNMAP))
		racer->errors++;
}

/* The guest faults, or finds nothing, but never anything else. */
TEST(memory_comes_and_goes_while_the_guest_faults)
{
	struct racer racer = {};
	unsigned int i, done = 0;
	struct poke p;
	uint64_t end;

	poke_create(&p, "poke", 0);
	racer.pt = p.vm.fd;
	racer.mem = poke_mmap(NULL, NR_PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	memset(racer.mem, 0x42, NR_PAGES * PAGE);
	start_race(&racer, map_and_unmap);
	end = now_ms() + 2 * RACE_MS;
	for (i = 0; now_ms() < end; i++) {
		enum poke_end ret = poke(&p, POKE_READ, GPA + i % NR_PAGES * PAGE, 0);

		while (ret != POKE_DONE && now_ms() < end + RACE_MS) {
			EXPECT_EQ(GPA + i % NR_PAGES * PAGE, p.gpa);
			ret = poke_again(&p);
		}
		if (ret != POKE_DONE)
			break;
		EXPECT_EQ(0x42424242, p.value);
		done++;
	}
	stop_race(&racer);
	EXPECT_EQ(0, racer.errors);
	EXPECT_LT(5, racer.steps);
	EXPECT_LT(5, done);
}

static void signal_line(struct racer *racer)
{
	eventfd_write(racer->fd, 1);
}

static void set_routes(int pt, uint32_t nr)
{
	struct {
		struct mshv_user_irq_table table;
		struct mshv_user_irq_entry entry;
	} arg = {
		.table.nr = nr,
		.entry = { .gsi = 1, .address_lo = MSI_ADDRESS, .data = VECTOR },
	};

	if (mshv_try_ioctl(pt, MSHV_SET_MSI_ROUTING, &arg))
		fail(EXIT_ERROR, "MSHV_SET_MSI_ROUTING failed");
}

static int make_line(int dev, int event, int *vp)
{
	struct mshv_user_irqfd irqfd = { .fd = event, .gsi = 1 };
	int pt = mshv_create_partition(dev, 1 << MSHV_PT_BIT_LAPIC);

	mshv_initialize(pt);
	*vp = mshv_create_vp(pt, 0);
	set_routes(pt, 1);
	if (mshv_try_ioctl(pt, MSHV_IRQFD, &irqfd))
		fail(EXIT_ERROR, "MSHV_IRQFD failed");
	return pt;
}

/* Partitions are destroyed while somebody interrupts them. */
TEST(lines_are_signaled_while_partitions_go)
{
	struct racer racer = { .fd = eventfd(0, 0) };
	uint64_t end = now_ms() + 2 * RACE_MS;
	int dev = mshv_open(), vp, i;

	start_race(&racer, signal_line);
	for (i = 0; now_ms() < end || i < 3; i++) {
		int pt = make_line(dev, racer.fd, &vp);

		if (i % 2) {
			close(vp);
			close(pt);
		} else {
			close(pt);
			close(vp);
		}
	}
	stop_race(&racer);
	EXPECT_LT(0, racer.steps);
}

/* Eventfd and partition go at the same moment; so do irqfd and routes. */
TEST(eventfds_are_closed_while_partitions_go)
{
	uint64_t end = now_ms() + RACE_MS;
	int dev = mshv_open(), vp, i;
	pid_t child;

	for (i = 0; now_ms() < end || i < 3; i++) {
		child = fork();
		ASSERT_GE(child, 0);
		if (!child) {
			make_line(dev, eventfd(0, 0), &vp);
			_exit(0);	/* closes all, in the order of the numbers */
		}
		waitpid(child, NULL, 0);
		{
			int event = eventfd(1, 0);
			int pt = make_line(dev, event, &vp);

			close(event);
			close(vp);
			close(pt);
		}
	}
}

TEST(routes_change_while_lines_are_signaled)
{
	struct racer racer = { .fd = eventfd(0, 0) };
	uint64_t end = now_ms() + RACE_MS;
	int vp, pt, i;

	pt = make_line(mshv_open(), racer.fd, &vp);
	start_race(&racer, signal_line);
	for (i = 0; now_ms() < end || i < 3; i++)
		set_routes(pt, i % 2);
	stop_race(&racer);
	EXPECT_LT(0, racer.steps);
}

static void make_partition(struct racer *racer)
{
	int dev = mshv_try_open();
	int pt = mshv_try_create_partition(dev, 0);
	int vp;

	if (mshv_try_initialize(pt))
		racer->errors++;
	vp = mshv_try_create_vp(pt, 0);
	if (vp < 0)
		racer->errors++;
	close(pt);
	close(vp);
	close(dev);
}

TEST(partitions_come_and_go_side_by_side)
{
	struct racer racers[3] = {};
	unsigned int i;

	for (i = 0; i < 3; i++)
		start_race(&racers[i], make_partition);
	sleep_ms(2 * RACE_MS);
	for (i = 0; i < 3; i++) {
		stop_race(&racers[i]);
		EXPECT_EQ(0, racers[i].errors);
		EXPECT_LT(0, racers[i].steps);
	}
}

TEST_HARNESS_MAIN
