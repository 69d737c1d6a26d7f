// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hypervisor that can create nothing: in place of the objects half
 */
#include "../hvsim.h"
#include "../probe.h"

const struct hypercall_desc hypercall_table[] = { {} };
const unsigned int hypercall_table_len;

int objects_init(struct hv *hv)
{
	(void)hv;
	return 0;
}

void objects_fini(struct hv *hv, struct objects_summary *sum)
{
	(void)hv;
	*sum = (struct objects_summary){};
}

void dispatch_interrupt(struct l1_vp *to)
{
	(void)to;
}

int hold(void)
{
	return 1;
}
