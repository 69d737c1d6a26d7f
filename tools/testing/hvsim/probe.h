/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HVSIM_PROBE_H
#define HVSIM_PROBE_H

int probe(void);
int hold(void);

#endif
