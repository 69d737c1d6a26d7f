// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects that come and go while something else happens. That nothing is left
 * behind is for hvsim to say.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include "lib/ktest.h"
#include "lib/poke.h"

#define GPA 0x1000000ull
#define RACE_MS 1000
#define NR_PAGES 64
#define MSI_ADDRESS 0xfee00000u
#define VECTOR 0x50

/* What a thread does again and again while the test does something else */
struct racer {
	void (*step)(struct racer *racer);
	atomic_bool stop;
	pthread_t thread;
	unsigned long steps;
	unsigned long errors;
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
