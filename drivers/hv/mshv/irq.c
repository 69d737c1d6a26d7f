// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts into a guest: which GSI means which interrupt.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/srcu.h>

#include "arch.h"
#include "mshv.h"
#include "trace.h"

/**
 * DOC: Interrupt routing
 *
 * A guest has 4096 GSIs.  MSHV_SET_MSI_ROUTING says for each of them which MSI
 * it stands for, and replaces the table as a whole: readers see the old or the
 * new one, and when the ioctl returns nobody uses the old one any more.
 *
 * The table holds MSIs as they are, for a guest may program anything into its
 * devices.  What can't be delivered is dropped when it is due.
 *
 * There are two ways to deliver.  The hypercall always works.  Where this
 * kernel dispatches the VPs and the hypervisor offers it, a plain interrupt to
 * one VP can be put into a list in its register page instead, from which the
 * hypervisor takes it when the VP is dispatched.  The list knows VPs, MSIs know
 * APIC ids, and only the hypervisor can tell which is which: it is asked when
 * the table is set.
 */

/**
 * struct mshv_routes - what the GSIs of a guest mean
 * @apic_ids_version: the APIC ids that @route was resolved with
 * @nr: entries in @route
 * @route: by GSI
 */
struct mshv_routes {
	int apic_ids_version;
	u32 nr;
	struct mshv_route route[] __counted_by(nr);
};

/* Delivering an interrupt is a read-side section. */
DEFINE_STATIC_SRCU(routes_srcu);

/**
 * mshv_irq_init - initialize the interrupts of a new partition
 * @pt: the partition
 */
void mshv_irq_init(struct mshv_partition *pt)
{
	spin_lock_init(&pt->irq.lock);
	INIT_HLIST_HEAD(&pt->irq.irqfds);
	INIT_HLIST_HEAD(&pt->irq.resamplers);
}

/**
 * mshv_irq_free - free what mshv_irq_set_routes() allocated
 * @pt: a partition that has no irqfds any more
 */
void mshv_irq_free(struct mshv_partition *pt)
{
	kvfree(rcu_replace_pointer(pt->irq.routes, NULL, true));
}

static struct mshv_routes *
alloc_routes(struct mshv_partition *pt,
	     const struct mshv_user_irq_entry *entries, u32 nr)
{
	struct mshv_routes *routes;
	u32 i, end = 0;

	for (i = 0; i < nr; i++) {
		if (entries[i].gsi >= MSHV_MAX_GSIS || entries[i].address_hi)
			return ERR_PTR(-EINVAL);
		end = max(end, entries[i].gsi + 1);
	}

	routes = kvzalloc_flex(*routes, route, end, GFP_KERNEL_ACCOUNT);
	if (!routes)
		return ERR_PTR(-ENOMEM);
	routes->nr = end;
	routes->apic_ids_version = atomic_read(&pt->irq.apic_ids_version);
	return routes;
}

static int fill_routes(struct mshv_routes *routes,
		       const struct mshv_user_irq_entry *entries, u32 nr)
{
	struct mshv_route *route;
	u32 i;

	for (i = 0; i < nr; i++) {
		route = &routes->route[entries[i].gsi];
		if (route->valid)
			return -EINVAL;
		mshv_arch_decode_msi(&entries[i], route);
		route->vp_index = HV_ANY_VP;
		route->valid = true;
	}
	return 0;
}

/* Routes that name one VP by its APIC id, for which there is a faster way */
static u32 list_apic_ids(const struct mshv_routes *routes, u32 *apic_ids)
{
	u32 gsi, n = 0;

	for (gsi = 0; gsi < routes->nr; gsi++)
		if (mshv_arch_is_plain(&routes->route[gsi]))
			apic_ids[n++] = routes->route[gsi].dest;
	return n;
}

/* What is not found now is delivered by the hypercall. */
static void find_vps(struct mshv_partition *pt, const u32 *apic_ids,
		     u32 *indexes, u32 nr)
{
	unsigned int step, done;
	u32 i = 0;
	int err;

	while (i < nr) {
		step = min_t(u32, nr - i, HV_FIND_VPS_MAX);
		err = hvcall_find_vps(&pt->hv, apic_ids + i, indexes + i, step,
				      &done);
		i += done;
		if (!err)
			continue;
		/* No VP has this one, or none of this is possible. */
		if (err != -EINVAL && err != -ENOENT)
			break;
		indexes[i++] = HV_ANY_VP;
	}
	while (i < nr)
		indexes[i++] = HV_ANY_VP;
}

static void resolve(struct mshv_partition *pt, struct mshv_routes *routes)
{
	u32 gsi, nr, n = 0;

	if (!mshv.root_logic || !mshv_arch_can_queue_vectors())
		return;
	u32 *ids __free(kvfree) = kvcalloc(routes->nr, 2 * sizeof(*ids),
					   GFP_KERNEL);
	if (!ids)
		return;

	nr = list_apic_ids(routes, ids);
	find_vps(pt, ids, ids + nr, nr);
	for (gsi = 0; gsi < routes->nr; gsi++)
		if (mshv_arch_is_plain(&routes->route[gsi]))
			routes->route[gsi].vp_index = ids[nr + n++];
}

/**
 * mshv_irq_set_routes - say what the GSIs of a guest mean
 * @pt: the guest; its lock is held
 * @entries: one for each GSI that means something
 * @nr: entries in @entries, 0 to forget all
 *
 * Return: 0; -EINVAL for a GSI that is out of range or comes twice, and for an
 * MSI address above 4 GiB; -ENOMEM.  After an error all is as it was.
 */
int mshv_irq_set_routes(struct mshv_partition *pt,
			const struct mshv_user_irq_entry *entries, u32 nr)
{
	struct mshv_routes *routes = NULL;
	int err;

	lockdep_assert_held(&pt->lock);
	if (nr) {
		routes = alloc_routes(pt, entries, nr);
		if (IS_ERR(routes))
			return PTR_ERR(routes);
		err = fill_routes(routes, entries, nr);
		if (err) {
			kvfree(routes);
			return err;
		}
		resolve(pt, routes);
	}

	routes = rcu_replace_pointer(pt->irq.routes, routes,
				     lockdep_is_held(&pt->lock));
	synchronize_srcu_expedited(&routes_srcu);
	kvfree(routes);
	return 0;
}

/**
 * mshv_irq_apic_ids_changed - a VP may have another APIC id from now on
 * @pt: the partition
 *
 * Until the routes are set the next time, APIC ids are left to the hypervisor.
 */
void mshv_irq_apic_ids_changed(struct mshv_partition *pt)
{
	atomic_inc(&pt->irq.apic_ids_version);
}

/**
 * mshv_irq_route - what a GSI means now
 * @pt: the partition
 * @gsi: the GSI
 * @route: out: a copy
 *
 * Context: any.
 * Return: false if the GSI means nothing.
 */
bool mshv_irq_route(struct mshv_partition *pt, u32 gsi,
		    struct mshv_route *route)
{
	const struct mshv_routes *routes;

	guard(srcu)(&routes_srcu);
	routes = srcu_dereference(pt->irq.routes, &routes_srcu);
	if (!routes || gsi >= routes->nr)
		return false;
	*route = routes->route[gsi];
	if (routes->apic_ids_version != atomic_read(&pt->irq.apic_ids_version))
		route->vp_index = HV_ANY_VP;
	return route->valid;
}

/* Hand the vector to the VP's next dispatch; false if that is not possible. */
static bool deliver_fast(struct mshv_partition *pt,
			 const struct mshv_route *route)
{
	struct mshv_vp *vp;

	if (route->vp_index == HV_ANY_VP)
		return false;

	guard(rcu)();
	vp = xa_load(&pt->vps, route->vp_index);
	return vp && mshv_vp_queue_vector(vp, route->vector);
}

/**
 * mshv_irq_assert - interrupt a guest
 * @pt: the guest
 * @gsi: the GSI; if it means nothing that can be delivered, nothing happens
 *
 * Context: any.
 */
void mshv_irq_assert(struct mshv_partition *pt, u32 gsi)
{
	struct mshv_route route;
	bool fast = false;
	int err = 0;

	guard(srcu)(&routes_srcu);
	if (!mshv_irq_route(pt, gsi, &route) ||
	    !mshv_arch_deliverable(&route))
		return;

	fast = deliver_fast(pt, &route);
	if (!fast)
		err = hvcall_assert_interrupt(&pt->hv, route.control,
					      route.dest, route.vector);
	trace_mshv_irq(pt->hv.id, gsi, route.vector, fast, err);
}
