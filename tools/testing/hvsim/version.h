/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HVSIM_VERSION_H
#define HVSIM_VERSION_H

#define HVSIM_VERSION	"0.1"

/*
 * Version of the hypervisor in CPUID 0x40000002: build number, major and minor. The
 * values of a Windows Server 2025 host's era, so that version checks of the L1 pass.
 */
#define HVSIM_HV_BUILD	27500
#define HVSIM_HV_MAJOR	10
#define HVSIM_HV_MINOR	0

#endif
