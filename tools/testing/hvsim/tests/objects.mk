# SPDX-License-Identifier: GPL-2.0-only
# Unit tests of the hypervisor's objects
tests += pool gpa insn memory doorbell access vcpu eoi
parts_pool := pool
parts_gpa := gpa pool
parts_insn := insn insn_store
parts_memory := hc_memory objects gpa pool
parts_doorbell := doorbell hc_port insn insn_store pool
parts_access := hc_access gpa pool
parts_vcpu := vcpu
parts_eoi := eoi
