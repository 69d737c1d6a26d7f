# SPDX-License-Identifier: GPL-2.0-only
# Unit tests of the hypervisor's objects
tests += pool gpa insn memory
parts_pool := pool
parts_gpa := gpa pool
parts_insn := insn
parts_memory := hc_memory objects gpa pool
