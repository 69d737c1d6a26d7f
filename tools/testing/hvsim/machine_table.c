// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls that any partition may make
 */
#include "hypercall.h"

#define CODE_SEND_IPI		0x000b
#define CODE_POST_MESSAGE	0x005c
#define CODE_SIGNAL_EVENT	0x005d

const struct hypercall_desc machine_hypercalls[] = {
	{ .code = CODE_SEND_IPI, .name = "SEND_IPI", .in_hdr = 16, .fn = ipi_send },
	/* The message begins in its page; its size is in its header. */
	{ .code = CODE_POST_MESSAGE, .name = "POST_MESSAGE", .in_hdr = 256,
	  .fn = vmbus_post_message },
	{ .code = CODE_SIGNAL_EVENT, .name = "SIGNAL_EVENT", .in_hdr = 8,
	  .fn = vmbus_signal_event },
};

const unsigned int machine_hypercalls_len = ARRAY_SIZE(machine_hypercalls);
