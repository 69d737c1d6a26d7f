// SPDX-License-Identifier: GPL-2.0-only
/*
 * The three files and their ioctls: copy in, check, call, copy out.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mshv_ext.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "arch.h"
#include "mshv.h"
#include "port.h"
#include "region.h"

static_assert(sizeof(struct hv_message) <= MSHV_RUN_VP_BUF_SZ);
static_assert(MSHV_NUM_CPU_FEATURES_BANKS ==
	      HV_PARTITION_PROCESSOR_FEATURES_BANKS);

/* Another process may hold the fd, but its memory is not the guest's. */
static bool is_owner(const struct mshv_partition *pt)
{
	return current->mm == pt->mm;
}

static long run_vp(struct mshv_vp *vp, void __user *uarg)
{
	struct hv_message msg;
	int err;

	if (!is_owner(vp->pt))
		return -EPERM;
	err = mshv_vp_run(vp, &msg);
	if (err)
		return err;
	return copy_to_user(uarg, &msg, sizeof(msg)) ? -EFAULT : 0;
}

static long vp_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mshv_vp *vp = file->private_data;
	void __user *uarg = (void __user *)arg;

	/* Who runs the VP has its lock. */
	if (cmd == MSHV_CANCEL_VP) {
		mshv_vp_cancel(vp);
		return 0;
	}

	ACQUIRE(mutex_kill, lock)(&vp->lock);
	if (ACQUIRE_ERR(mutex_kill, &lock))
		return -EINTR;
	if (READ_ONCE(vp->pt->dead))
		return -ESHUTDOWN;

	switch (cmd) {
	case MSHV_RUN_VP:
		return run_vp(vp, uarg);
	case MSHV_GET_VP_STATE:
		return mshv_vp_state(vp, uarg, false);
	case MSHV_SET_VP_STATE:
		return mshv_vp_state(vp, uarg, true);
	case MSHV_ROOT_HVCALL:
		return mshv_passthru(vp->pt, vp, uarg);
	default:
		return -ENOTTY;
	}
}

static int vp_mmap(struct file *file, struct vm_area_struct *vma)
{
	return mshv_vp_mmap(file->private_data, vma);
}

static int vp_release(struct inode *inode, struct file *file)
{
	struct mshv_vp *vp = file->private_data;

	/* The VP itself goes with the partition. */
	mshv_partition_put(vp->pt);
	return 0;
}

static const struct file_operations vp_fops = {
	.owner = THIS_MODULE,
	.release = vp_release,
	.unlocked_ioctl = vp_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
	.mmap = vp_mmap,
};

static long create_vp(struct mshv_partition *pt, void __user *uarg)
{
	struct mshv_create_vp args;
	int ret;

	if (copy_from_user(&args, uarg, sizeof(args)))
		return -EFAULT;

	kref_get(&pt->refs);
	ret = mshv_vp_create(pt, args.vp_index, &vp_fops);
	if (ret < 0)
		mshv_partition_put(pt);
	return ret;
}

static long set_guest_memory(struct mshv_partition *pt, void __user *uarg)
{
	struct mshv_user_mem_region mem;

	if (!is_owner(pt))
		return -EPERM;
	if (copy_from_user(&mem, uarg, sizeof(mem)))
		return -EFAULT;
	if (mem.flags & BIT(MSHV_SET_MEM_BIT_UNMAP))
		return mshv_region_del(pt, &mem);
	/* Movable memory would only tell when the guest touches it. */
	if (!pt->initialized)
		return -EBUSY;
	return mshv_region_add(pt, &mem);
}

static long set_msi_routing(struct mshv_partition *pt,
			    struct mshv_user_irq_table __user *uarg)
{
	struct mshv_user_irq_table table;

	if (copy_from_user(&table, uarg, sizeof(table)))
		return -EFAULT;
	if (table.nr > MSHV_MAX_GSIS || table.rsvd)
		return -EINVAL;

	void *entries __free(kvfree) =
		vmemdup_array_user(uarg->entries, table.nr,
				   sizeof(uarg->entries[0]));
	if (IS_ERR(entries))
		return PTR_ERR(entries);
	return mshv_irq_set_routes(pt, entries, table.nr);
}

static long set_irqfd(struct mshv_partition *pt, void __user *uarg)
{
	struct mshv_user_irqfd args;

	if (copy_from_user(&args, uarg, sizeof(args)))
		return -EFAULT;
	return mshv_irqfd_set(pt, &args);
}

static long set_ioeventfd(struct mshv_partition *pt, void __user *uarg)
{
	struct mshv_user_ioeventfd args;

	if (copy_from_user(&args, uarg, sizeof(args)))
		return -EFAULT;
	return mshv_ioeventfd_set(pt, &args);
}

static long get_access_bitmap(struct mshv_partition *pt, void __user *uarg)
{
	struct mshv_gpap_access_bitmap args;

	if (copy_from_user(&args, uarg, sizeof(args)))
		return -EFAULT;
	return mshv_access_get(pt, &args);
}

static long partition_ioctl(struct file *file, unsigned int cmd,
			    unsigned long arg)
{
	struct mshv_partition *pt = file->private_data;
	void __user *uarg = (void __user *)arg;

	ACQUIRE(mutex_kill, lock)(&pt->lock);
	if (ACQUIRE_ERR(mutex_kill, &lock))
		return -EINTR;
	if (READ_ONCE(pt->dead))
		return -ESHUTDOWN;

	switch (cmd) {
	case MSHV_INITIALIZE_PARTITION:
		return mshv_partition_initialize(pt);
	case MSHV_CREATE_VP:
		return create_vp(pt, uarg);
	case MSHV_SET_GUEST_MEMORY:
		return set_guest_memory(pt, uarg);
	case MSHV_SET_MSI_ROUTING:
		return set_msi_routing(pt, uarg);
	case MSHV_IRQFD:
		return set_irqfd(pt, uarg);
	case MSHV_IOEVENTFD:
		return set_ioeventfd(pt, uarg);
	case MSHV_GET_GPAP_ACCESS_BITMAP:
		return get_access_bitmap(pt, uarg);
	case MSHV_ROOT_HVCALL:
		return mshv_passthru(pt, NULL, uarg);
	default:
		return -ENOTTY;
	}
}

static int partition_release(struct inode *inode, struct file *file)
{
	mshv_partition_put(file->private_data);
	return 0;
}

static const struct file_operations partition_fops = {
	.owner = THIS_MODULE,
	.release = partition_release,
	.unlocked_ioctl = partition_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

#define V2_FLAG		BIT_ULL(MSHV_PT_BIT_CPU_AND_XSAVE_FEATURES)
#define V1_SIZE		sizeof(struct mshv_create_partition)

static const struct {
	unsigned int bit;
	u64 hv_flag;
} creation_flags[] = {
	{ MSHV_PT_BIT_LAPIC, HV_PARTITION_CREATION_FLAG_LAPIC_ENABLED },
	{ MSHV_PT_BIT_X2APIC, HV_PARTITION_CREATION_FLAG_X2APIC_CAPABLE },
	{ MSHV_PT_BIT_GPA_SUPER_PAGES,
	  HV_PARTITION_CREATION_FLAG_GPA_SUPER_PAGES_ENABLED },
	{ MSHV_PT_BIT_NESTED_VIRTUALIZATION,
	  HV_PARTITION_CREATION_FLAG_NESTED_VIRTUALIZATION_CAPABLE },
	{ MSHV_PT_BIT_SMT_ENABLED_GUEST,
	  HV_PARTITION_CREATION_FLAG_SMT_ENABLED_GUEST },
};

/*
 * Both versions of the argument come with the same command number; the flag
 * in the part they share says which one it is.  Each byte is read once.
 */
static int copy_create_args(struct mshv_create_partition_v2 *args,
			    const void __user *uarg)
{
	memset(args, 0, sizeof(*args));
	if (copy_from_user(args, uarg, V1_SIZE))
		return -EFAULT;
	if (args->pt_flags & ~(u64)MSHV_PT_FLAGS_MASK ||
	    args->pt_isolation >= MSHV_PT_ISOLATION_COUNT)
		return -EINVAL;
	if (!(args->pt_flags & V2_FLAG))
		return 0;

	if (copy_from_user((void *)args + V1_SIZE, uarg + V1_SIZE,
			   sizeof(*args) - V1_SIZE))
		return -EFAULT;
	if (args->pt_num_cpu_fbanks != MSHV_NUM_CPU_FEATURES_BANKS ||
	    memchr_inv(args->pt_rsvd, 0, sizeof(args->pt_rsvd)) ||
	    memchr_inv(args->pt_rsvd1, 0, sizeof(args->pt_rsvd1)))
		return -EINVAL;
	return 0;
}

static long create_partition(void __user *uarg)
{
	u64 hv_flags = HV_PARTITION_CREATION_FLAG_EXO_PARTITION |
		       HV_PARTITION_CREATION_FLAG_INTERCEPT_MESSAGE_PAGE_ENABLED;
	struct hv_partition_creation_properties props = {};
	struct mshv_create_partition_v2 args;
	unsigned int i;
	int err;

	err = copy_create_args(&args, uarg);
	if (err)
		return err;

	for (i = 0; i < ARRAY_SIZE(creation_flags); i++)
		if (args.pt_flags & BIT_ULL(creation_flags[i].bit))
			hv_flags |= creation_flags[i].hv_flag;
	for (i = 0; i < MSHV_NUM_CPU_FEATURES_BANKS; i++)
		props.disabled_processor_features.as_uint64[i] =
			args.pt_cpu_fbanks[i];
	props.disabled_processor_xsave_features.as_uint64 =
		mshv_arch_disabled_xsave(&args);
	return mshv_partition_create(hv_flags, &props, &partition_fops);
}

static long check_extension(const u32 __user *uarg)
{
	u32 cap;

	if (get_user(cap, uarg))
		return -EFAULT;
	switch (cap) {
	case MSHV_CAP_CORE_API_STABLE:
	case MSHV_CAP_REGISTER_PAGE:
	case MSHV_CAP_CANCEL_VP:
		return 1;
	case MSHV_CAP_MAX_VPS:
		return MSHV_MAX_VPS;
	case MSHV_CAP_HOST_SCHEDULED:
		return mshv.root_logic;
	case MSHV_CAP_RESAMPLE_LIMIT:
		return MSHV_MAX_RESAMPLERS;
	default:
		return 0;
	}
}

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *uarg = (void __user *)arg;

	if (READ_ONCE(mshv.dying))
		return -ESHUTDOWN;

	switch (cmd) {
	case MSHV_CREATE_PARTITION:
		return create_partition(uarg);
	case MSHV_CHECK_EXTENSION:
		return check_extension(uarg);
	case MSHV_ROOT_HVCALL:
		return mshv_passthru(NULL, NULL, uarg);
	default:
		return -ENOTTY;
	}
}

const struct file_operations mshv_dev_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = dev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};
