/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HVSIM_BOOT_H
#define HVSIM_BOOT_H

#include "hvsim.h"

int boot_load(struct hv *hv);
int boot_set_registers(struct hv *hv, uint32_t entry, uint32_t start_info);
int acpi_build(struct hv *hv, uint64_t *rsdp);

#endif
