/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Additions to <linux/mshv.h>.
 *
 * The numbers of ioctls and capabilities here start at 0x80.  A driver that
 * knows one of them says so through MSHV_CHECK_EXTENSION.
 */
#ifndef _UAPI_LINUX_MSHV_EXT_H
#define _UAPI_LINUX_MSHV_EXT_H

#include <linux/mshv.h>

/*
 * Arguments of MSHV_CHECK_EXTENSION on /dev/mshv, which takes a pointer to the
 * number and returns 0 if there is no such capability, else 1 or what the
 * capability says.  Of those in <linux/mshv.h>, there are
 * MSHV_CAP_CORE_API_STABLE and MSHV_CAP_REGISTER_PAGE.
 *
 * MSHV_CAP_CANCEL_VP:		MSHV_CANCEL_VP
 * MSHV_CAP_MAX_VPS:		how many VPs a partition can have
 * MSHV_CAP_HOST_SCHEDULED:	VPs run in the time of the threads that call
 *				MSHV_RUN_VP, and what limits those limits the VPs:
 *				priorities, affinities, cgroups
 * MSHV_CAP_RESAMPLE_LIMIT:	how many resample eventfds a partition can have
 */
#define MSHV_CAP_CANCEL_VP	0x80
#define MSHV_CAP_MAX_VPS	0x81
#define MSHV_CAP_HOST_SCHEDULED	0x82
#define MSHV_CAP_RESAMPLE_LIMIT	0x83

/*
 * On a VP fd, from any thread: make the MSHV_RUN_VP that is under way return
 * EINTR; if none is, make the next one return EINTR at once.  Several calls
 * before that count as one.  Unlike a signal this can't come too early.
 *
 * Returns 0.
 */
#define MSHV_CANCEL_VP		_IO(MSHV_IOCTL, 0x80)

#endif
