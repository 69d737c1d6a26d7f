/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest memory.
 *
 * Letters before what a field means: see mshv.h.
 */
#ifndef _MSHV_REGION_H
#define _MSHV_REGION_H

#include <linux/bits.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/xarray.h>
#include <hyperv/hvhdk.h>

struct mshv_partition;
struct mshv_user_mem_region;

/* 4K pages in a 2M page */
#define MSHV_NR_2M	(1U << (HV_HYP_LARGE_PAGE_SHIFT - HV_HYP_PAGE_SHIFT))

/* What a slot of a chunk says besides the page number */
#define MSHV_SLOT_MAPPED	BIT_ULL(63)	/* the guest can reach it */
#define MSHV_SLOT_WRITABLE	BIT_ULL(62)	/* and write to it */
#define MSHV_SLOT_LARGE		BIT_ULL(61)	/* by one mapping of 2M */
#define MSHV_SLOT_KEPT		BIT_ULL(60)	/* we have a reference on it */
#define MSHV_SLOT_WRITTEN	BIT_ULL(59)	/* maybe, before it was unmapped */
#define MSHV_SLOT_PFN		GENMASK_ULL(51, 0)

/**
 * struct mshv_chunk - what is mapped of 2M of guest memory
 * @slot: a page number and MSHV_SLOT_* for each 4K page, by gfn % MSHV_NR_2M.
 *	Of a page that is not mapped only MSHV_SLOT_WRITTEN is left
 */
struct mshv_chunk {
	u64 slot[MSHV_NR_2M];
};

/* Pages set aside so that taking pages from a guest needs no allocation */
#define MSHV_NR_SPARE	8

/**
 * struct mshv_mmu - what a movable region has mapped
 * @notifier: I tells when the owner's memory changes
 * @lock: see the lock order; protects what follows, but chunks are added
 *	without it
 * @chunks: gfn / MSHV_NR_2M to struct mshv_chunk; they stay until the end
 * @spare: pages to deposit when there is no other way
 * @nr_spare: how many there are
 */
struct mshv_mmu {
	struct mmu_interval_notifier notifier;
	struct mutex lock;	/* see the lock order */
	struct xarray chunks;
	struct page *spare[MSHV_NR_SPARE];
	unsigned int nr_spare;
};

/**
 * struct mshv_region - guest memory that is user memory
 * @pt: I the partition
 * @gfn: I first guest page
 * @nr_pages: I its size in 4K pages
 * @uaddr: I where it is in the owner's address space
 * @map_flags: I HV_MAP_GPA_*
 * @movable: I pages are mapped by faults and unmapped by MMU notifiers; if not
 *	they are pinned
 * @mmu: movable: see there
 * @mapped_from: P pinned, as all that follows: first page, counted from 0, the guest may reach
 * @mapped_to: P the one after the last page the guest may reach
 * @nr_pinned: P pages that are pinned, from the first on
 * @accounted: P pages are charged to the owner's locked_vm
 * @pages: P the pages
 */
struct mshv_region {
	struct mshv_partition *pt;
	u64 gfn;
	u64 nr_pages;
	u64 uaddr;
	u32 map_flags;
	bool movable;
	struct mshv_mmu mmu;
	u64 mapped_from;
	u64 mapped_to;
	u64 nr_pinned;
	bool accounted;
	struct page **pages;
};

/* region.c */
extern bool mshv_pin_memory;	/* module parameter */
int mshv_region_add(struct mshv_partition *pt,
		    const struct mshv_user_mem_region *mem);
int mshv_region_del(struct mshv_partition *pt,
		    const struct mshv_user_mem_region *mem);
void mshv_regions_unmap_all(struct mshv_partition *pt);
void mshv_regions_free_all(struct mshv_partition *pt, bool unmapped);

/* region_mmu.c */
int mshv_mmu_init(struct mshv_region *rg);
int mshv_mmu_fill_spare(struct mshv_region *rg);
int mshv_mmu_unmap_all(struct mshv_region *rg);
void mshv_mmu_free(struct mshv_region *rg, bool unmapped);

/* region_chunk.c */
struct mshv_chunk *mshv_chunk_get(struct mshv_region *rg, u64 gfn);
bool mshv_chunk_is_contiguous(const struct mshv_chunk *want);
int mshv_chunk_map(struct mshv_region *rg, u64 index, struct mshv_chunk *chunk,
		   const struct mshv_chunk *want, u64 *pfns, u16 *status);
int mshv_chunk_unmap(struct mshv_region *rg, u64 index,
		     struct mshv_chunk *chunk, unsigned int from,
		     unsigned int to);
void mshv_chunk_keep(struct mshv_chunk *chunk, unsigned int from,
		     unsigned int to);
long mshv_chunk_drop(struct mshv_chunk *chunk, bool unmapped);
bool mshv_chunk_is_mapped(const struct mshv_chunk *chunk, u64 gfn);
bool mshv_chunk_was_written(struct mshv_chunk *chunk, u64 gfn, bool clear);

/* region_fault.c */
bool mshv_fault_window(const struct mshv_region *rg, u64 gfn,
		       unsigned int size, u64 uaddr, u64 uend, u64 *first,
		       u64 *end);
void mshv_fault_want(struct mshv_chunk *want, unsigned int from,
		     const unsigned long *hmm, unsigned int nr, bool writable);
int mshv_region_fault(struct mshv_partition *pt, u64 gfn, u8 access);

/* region_map.c */
u64 mshv_region_run(struct page *const *pages, u64 gfn, u64 nr,
		    unsigned int max, bool *large);
int mshv_region_map(struct mshv_region *rg);
int mshv_region_unmap(struct mshv_region *rg);
void mshv_region_poison(struct mshv_region *rg, u64 gfn, int err);

/* region_pin.c */
int mshv_region_pin(struct mshv_region *rg);
void mshv_region_unpin(struct mshv_region *rg);

#endif /* _MSHV_REGION_H */
