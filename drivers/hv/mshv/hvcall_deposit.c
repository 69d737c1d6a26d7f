// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is lent to the hypervisor for its own use.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <hyperv/hvcall.h>

/* The size that meets a request for contiguous memory */
#define CONTIGUOUS_PAGES	HV_MAX_CONTIGUOUS_ALLOCATION_PAGES

/* Memory one operation may cost: 64 MiB, far above anything seen */
#define DEPOSIT_BUDGET_PAGES	16384
#define DEPOSIT_FIRST_PAGES	16

/* Pages withdrawn by one call: the list is on the stack. */
#define WITHDRAW_BATCH		64

#define DEPOSIT_GFP	(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN)

static struct hv_pt self_pt = { .id = HV_PARTITION_ID_SELF };
static bool may_deposit_to_self;

/**
 * hvcall_mem_init - say who may be given memory
 * @root: this is the root partition: it can deposit to itself and meet
 *	requests for root memory
 */
void hvcall_mem_init(bool root)
{
	may_deposit_to_self = root;
}

static bool is_contiguous(u16 status)
{
	return status == HV_STATUS_INSUFFICIENT_CONTIGUOUS_MEMORY ||
	       status == HV_STATUS_INSUFFICIENT_CONTIGUOUS_ROOT_MEMORY;
}

static bool is_root_memory(u16 status)
{
	return status == HV_STATUS_INSUFFICIENT_ROOT_MEMORY ||
	       status == HV_STATUS_INSUFFICIENT_CONTIGUOUS_ROOT_MEMORY;
}

/* Single pages, or one naturally aligned block of CONTIGUOUS_PAGES. */
static unsigned int alloc_pfns(u64 *pfns, unsigned int nr, bool contiguous)
{
	unsigned int order = contiguous ? ilog2(CONTIGUOUS_PAGES) : 0;
	unsigned int i, n;
	struct page *page;

	for (n = 0; n < nr; n += 1U << order) {
		page = alloc_pages(DEPOSIT_GFP, order);
		if (!page)
			break;
		split_page(page, order);
		for (i = 0; i < 1U << order; i++)
			pfns[n + i] = page_to_pfn(page) + i;
	}
	return n;
}

static int deposit_pfns(struct hv_pt *pt, const u64 *pfns, unsigned int nr,
			u16 flags)
{
	struct hv_deposit_memory in = { .partition_id = pt->id };
	struct hv_call call = {
		.code = HVCALL_DEPOSIT_MEMORY,
		.in = &in,
		.in_size = sizeof(in),
		.list = pfns,
		.list_size = sizeof(*pfns),
		.reps = nr,
		.flags = flags,
	};
	unsigned int i;
	int err;

	err = hvcall_complete(&call);
	atomic_long_add(call.reps_done, &pt->nr_deposited);
	/* The hypervisor keeps what it took before it failed. */
	for (i = call.reps_done; i < nr; i++)
		__free_page(pfn_to_page(pfns[i]));
	return err;
}

/**
 * hvcall_deposit_page - lend a page of the caller's to the hypervisor
 * @pt: the partition whose pool is to grow
 * @page: the page; freed if the hypervisor does not take it
 *
 * Context: any.
 * Return: 0 or the errno of the hypercall.
 */
int hvcall_deposit_page(struct hv_pt *pt, struct page *page)
{
	u64 pfn = page_to_pfn(page);

	return deposit_pfns(pt, &pfn, 1, HV_CALL_ATOMIC);
}

/**
 * hvcall_deposit - lend memory to the hypervisor
 * @pt: the partition whose pool is to grow
 * @status: the status that asks for memory; decides what kind is given
 * @nr_pages: 4K pages to give, at most HV_DEPOSIT_MAX; a request for
 *	contiguous memory always gets CONTIGUOUS_PAGES
 * @flags: HV_CALL_*
 *
 * Return: 0, -ENOMEM if there is no memory or if this partition is not the one
 * that can meet the request, or the errno of the hypercall.
 */
int hvcall_deposit(struct hv_pt *pt, u16 status, unsigned int nr_pages,
		   u16 flags)
{
	bool contiguous = is_contiguous(status);
	unsigned int nr;
	int err = -ENOMEM;
	u64 *pfns;

	if (is_root_memory(status))
		pt = &self_pt;
	if (pt->id == HV_PARTITION_ID_SELF && !may_deposit_to_self)
		return -ENOMEM;

	pfns = (u64 *)__get_free_page(GFP_KERNEL);
	if (!pfns)
		return -ENOMEM;

	nr_pages = contiguous ? CONTIGUOUS_PAGES :
				min_t(unsigned int, nr_pages, HV_DEPOSIT_MAX);
	nr = alloc_pfns(pfns, nr_pages, contiguous);
	if (nr)
		err = deposit_pfns(pt, pfns, nr, flags);
	free_page((unsigned long)pfns);
	return err;
}

/**
 * hvcall_deposit_more - meet one request for memory of many
 * @pt: the partition whose pool is to grow
 * @status: the status that asks for memory
 * @spent: what the operation has cost so far; zeroed by its caller at first
 * @flags: HV_CALL_*
 *
 * Gives each time twice as much as before, to the limit of one hypercall.
 *
 * Return: 0, -ENOMEM if the operation would cost more than DEPOSIT_BUDGET_PAGES,
 * or what hvcall_deposit() returns.
 */
int hvcall_deposit_more(struct hv_pt *pt, u16 status, struct hv_spent *spent,
			u16 flags)
{
	unsigned int nr = spent->next ?: DEPOSIT_FIRST_PAGES;

	if (spent->total + nr > DEPOSIT_BUDGET_PAGES)
		return -ENOMEM;
	spent->total += nr;
	spent->next = min_t(unsigned int, nr * 2, HV_DEPOSIT_MAX);
	return hvcall_deposit(pt, status, nr, flags);
}

static int withdraw(struct hv_pt *pt, u64 *pfns, unsigned int *nr)
{
	struct hv_input_withdraw_memory in = { .partition_id = pt->id };
	struct hv_call call = {
		.code = HVCALL_WITHDRAW_MEMORY,
		.in = &in,
		.in_size = sizeof(in),
		.out = pfns,
		.out_rep_size = sizeof(*pfns),
		.reps = WITHDRAW_BATCH,
		.flags = HV_CALL_TEARDOWN,
	};
	int err = hvcall_complete(&call);

	*nr = call.reps_done;
	return err;
}

/**
 * hvcall_withdraw_all - take back all memory a partition was lent
 * @pt: the partition
 *
 * Allocates nothing and ends as soon as the hypervisor returns no more, for
 * whatever reason.  What it still owns then is in @pt->nr_deposited.
 *
 * Return: pages withdrawn.
 */
long hvcall_withdraw_all(struct hv_pt *pt)
{
	u64 pfns[WITHDRAW_BATCH];
	unsigned int i, nr;
	long total = 0;
	int err;

	do {
		err = withdraw(pt, pfns, &nr);
		for (i = 0; i < nr; i++)
			if (pfn_valid(pfns[i]))
				__free_page(pfn_to_page(pfns[i]));
		total += nr;
	} while (nr && !err);

	atomic_long_sub(total, &pt->nr_deposited);
	return total;
}
