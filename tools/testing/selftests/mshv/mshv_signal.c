// SPDX-License-Identifier: GPL-2.0-only
/* How RUN_VP meets signals. Each test is a subcommand; exit status 0 is good. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/exits.h"
#include "lib/guest.h"
#include "lib/regs.h"
#include "lib/subtest.h"
#include "lib/vm.h"

#define TEST_SECONDS 30
#define ROUNDS 50
#define STORM_MS 15000
#define STORM_MESSAGES 200
#define STORM_EINTR 3

static void create(struct vm *vm, const char *name)
{
	vm_create(vm, mshv_open(), 1, guest_find(name, strlen(name)), 1, 0);
}

static void on_signal(int sig)
{
	(void)sig;
}

/* With SA_RESTART: RUN_VP must return EINTR all the same. */
static void catch_signal(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	sigaction(SIGUSR1, &sa, NULL);
}

struct sender {
	pthread_t target;
	pthread_t thread;
	unsigned int first_ms;
	unsigned int every_ms;
	atomic_bool stop;
};

static void *send_signals(void *arg)
{
	struct sender *s = arg;

	sleep_ms(s->first_ms);
	while (!atomic_load(&s->stop)) {
		pthread_kill(s->target, SIGUSR1);
		sleep_ms(s->every_ms);
	}
	return NULL;
}

static void start_sender(struct sender *s)
{
	s->target = pthread_self();
	atomic_store(&s->stop, false);
	if (pthread_create(&s->thread, NULL, send_signals, s))
		fail(EXIT_ERROR, "cannot create a thread");
}

static void stop_sender(struct sender *s)
{
	atomic_store(&s->stop, true);
	pthread_join(s->thread, NULL);
}

/* A signal may come before the test begins: a slow guest is still at its greeting. */
static int run_undisturbed(struct vp *vp, struct hv_message *msg)
{
	int ret;

	do {
		ret = mshv_try_run_vp(vp->fd, msg);
	} while (ret == -EINTR);
	return ret;
}

/* Let the guest do its greeting, up to where it spins or sleeps. */
static void run_greeting(struct vp *vp, const char *last_line_end)
{
	struct hv_message msg;
	size_t len = strlen(last_line_end);
	int ret;

	do {
		ret = run_undisturbed(vp, &msg);
		expect(!ret, "RUN_VP during the greeting: %s", mshv_errno_name(ret));
		exit_handle(vp, &msg);
		expect(vp->end == VP_RUNNING, "the guest ended: %s", vp->why);
	} while (vp->line_len < len ||
		 strncmp(vp->line + vp->line_len - len, last_line_end, len));
	ret = run_undisturbed(vp, &msg);	/* the newline */
	expect(!ret, "RUN_VP for the newline: %s", mshv_errno_name(ret));
	exit_handle(vp, &msg);
}

/* Signals to a VP that spins: EINTR each time, and the guest goes on. */
static void test_busy(void)
{
	struct sender s = { .first_ms = 50, .every_ms = 20 };
	struct hv_message msg;
	struct vm vm;
	unsigned int i;

	create(&vm, "busy");
	catch_signal();
	run_greeting(&vm.vps[0], "spinning");
	start_sender(&s);
	for (i = 0; i < ROUNDS; i++) {
		int ret = mshv_try_run_vp(vm.vps[0].fd, &msg);

		expect(ret == -EINTR, "round %u: %s instead of EINTR", i,
		       ret ? mshv_errno_name(ret) : "a message");
	}
	stop_sender(&s);
}

/* Signals to a VP that sleeps in HLT: EINTR, and it still sleeps after it. */
static void test_sleep(void)
{
	struct sender s = { .first_ms = 100, .every_ms = 100 };
	struct hv_message msg;
	uint64_t start, elapsed;
	struct vm vm;
	unsigned int i;

	create(&vm, "sleep");
	catch_signal();
	run_greeting(&vm.vps[0], "halting");
	start_sender(&s);
	start = now_ms();
	for (i = 0; i < 10; i++) {
		int ret = mshv_try_run_vp(vm.vps[0].fd, &msg);

		expect(ret == -EINTR, "round %u: %s instead of EINTR", i,
		       ret ? mshv_errno_name(ret) : "a message");
	}
	elapsed = now_ms() - start;
	stop_sender(&s);
	expect(elapsed >= 500, "10 rounds took only %llu ms: it does not sleep",
	       (unsigned long long)elapsed);
}

/* A stream of signals into a stream of exits: neither starves the other. */
static void test_storm(void)
{
	struct sender s = { .first_ms = 5, .every_ms = 5 };
	unsigned int messages = 0, interrupted = 0;
	struct hv_message msg;
	uint64_t start;
	struct vm vm;

	create(&vm, "storm");
	catch_signal();
	start_sender(&s);
	start = now_ms();
	while (now_ms() - start < STORM_MS &&
	       (messages < STORM_MESSAGES || interrupted < STORM_EINTR)) {
		int ret = mshv_try_run_vp(vm.vps[0].fd, &msg);

		if (ret == -EINTR) {
			interrupted++;
			continue;
		}
		expect(!ret, "RUN_VP: %s", mshv_errno_name(ret));
		expect(msg.type == HV_MSG_X64_IO_PORT, "message type 0x%08x", msg.type);
		exit_handle(&vm.vps[0], &msg);
		messages++;
	}
	stop_sender(&s);
	expect(messages >= STORM_MESSAGES && interrupted >= STORM_EINTR,
	       "within %d ms: %u messages, %u times EINTR", STORM_MS, messages,
	       interrupted);
}

/*
 * The traced side of test_pending(): the exit status is the verdict. The guest
 * exits within a few instructions: EINTR and the same RIP show that it was not
 * entered.
 */
static void pending_child(void)
{
	struct hv_message msg;
	uint64_t rip;
	struct vm vm;
	int ret;

	create(&vm, "storm");
	catch_signal();
	run_greeting(&vm.vps[0], "without end");
	rip = vp_get_reg(vm.vps[0].fd, HV_REG_RIP);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		fail(EXIT_ERROR, "PTRACE_TRACEME: %s", strerror(errno));
	raise(SIGSTOP);
	ret = mshv_try_run_vp(vm.vps[0].fd, &msg);
	expect(ret == -EINTR, "%s instead of EINTR",
	       ret ? mshv_errno_name(ret) : "a message");
	expect(vp_get_reg(vm.vps[0].fd, HV_REG_RIP) == rip,
	       "the guest ran although a signal was pending");
	ret = mshv_try_run_vp(vm.vps[0].fd, &msg);
	expect(!ret, "the next RUN_VP: %s", mshv_errno_name(ret));
}

static int wait_for_stop(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		fail(EXIT_ERROR, "waitpid: %s", strerror(errno));
	return status;
}

/*
 * A signal that is pending when RUN_VP is entered. Only a tracer can arrange
 * that for certain: it stops the thread at the entry of the system call and
 * sends the signal then.
 */
static void test_pending(void)
{
	pid_t child = fork();
	int status, entry = 0;

	if (!child) {
		pending_child();
		_exit(EXIT_OK);
	}
	expect(child > 0, "fork: %s", strerror(errno));
	status = wait_for_stop(child);
	expect(WIFSTOPPED(status), "the child ended early, status 0x%x", status);
	ptrace(PTRACE_SETOPTIONS, child, NULL,
	       (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
	while (WIFSTOPPED(status)) {
		struct user_regs_struct regs;
		int sig = WSTOPSIG(status);

		if (sig == (SIGTRAP | 0x80)) {
			ptrace(PTRACE_GETREGS, child, NULL, &regs);
			if (regs.orig_rax == SYS_ioctl && regs.rsi == MSHV_RUN_VP &&
			    !entry) {
				entry = 1;
				syscall(SYS_tgkill, child, child, SIGUSR1);
			}
			sig = 0;
		} else if (sig == SIGSTOP) {
			sig = 0;
		}
		ptrace(entry ? PTRACE_CONT : PTRACE_SYSCALL, child, NULL,
		       (void *)(long)sig);
		status = wait_for_stop(child);
	}
	expect(entry, "the child never entered RUN_VP");
	expect(WIFEXITED(status) && !WEXITSTATUS(status),
	       "the child ended with status 0x%x", status);
}

/* Stopping and continuing the process looks like any signal. */
static void test_stop(void)
{
	pid_t child = fork();
	struct hv_message msg;
	struct vm vm;
	int i, ret, status;

	expect(child >= 0, "fork: %s", strerror(errno));
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		create(&vm, "busy");
		run_greeting(&vm.vps[0], "spinning");
		do {
			ret = mshv_try_run_vp(vm.vps[0].fd, &msg);
		} while (ret == -EINTR);
		fail(EXIT_GUEST, "RUN_VP: %s", mshv_errno_name(ret));
	}
	for (i = 0; i < 5; i++) {
		sleep_ms(200);
		kill(child, SIGSTOP);
		expect(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status),
		       "round %d: not stopped, status 0x%x", i, status);
		kill(child, SIGCONT);
	}
	sleep_ms(200);
	expect(waitpid(child, &status, WNOHANG) == 0, "the child ended by itself");
	kill(child, SIGKILL);
	expect(waitpid(child, &status, 0) == child && WIFSIGNALED(status),
	       "the child was not killed, status 0x%x", status);
}

static const struct subtest tests[] = {
	{ "busy", test_busy },
	{ "sleep", test_sleep },
	{ "storm", test_storm },
	{ "pending", test_pending },
	{ "stop", test_stop },
};

int main(int argc, char **argv)
{
	return subtest_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]), TEST_SECONDS);
}
