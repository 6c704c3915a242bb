/* Image header and start-up of the RAM loader. Addresses are in link.x. */

/* ---- what the boot ROM reads: IVT, then boot data ------------------------------------------------------------------ */
    .section .ivt, "a", %progbits
    .global image_ivt
image_ivt:
    .word 0x402000D1            /* tag D1, length 32, version 4.0 */
    .word reset                 /* entry: code, not a vector table */
    .word 0
    .word 0                     /* no DCD */
    .word image_boot_data
    .word image_ivt
    .word 0                     /* no CSF; a signer puts one behind the image */
    .word 0
image_boot_data:
    .word __image_start
    .word __image_size
    .word 0                     /* not a plugin */
    .word 0

/* ---- vectors ------------------------------------------------------------------------------------------------------- */
/* Interrupts stay masked for ever; every exception is a fault. VTOR wants 1024 bytes alignment for 174 vectors. */
    .section .vectors, "a", %progbits
    .global vectors
vectors:
    .word __stack_top
    .word reset
    .rept 14
    .word fault
    .endr

/* ---- start ---------------------------------------------------------------------------------------------------------- */
    .section .start, "ax", %progbits
    .syntax unified
    .thumb

    .global reset
    .thumb_func
reset:
    mrs     r4, primask
    cpsid   i
    mov     r5, sp
    mrs     r6, msp
    mrs     r7, psp
    mrs     r8, control
    mrs     r9, xpsr
    movw    r0, #0xED14         /* SCB.CCR */
    movt    r0, #0xE000
    ldr     r10, [r0]
    mov     r11, lr

    /* unaligned accesses do not trap: compiled code makes them. Caches stay as they are until .Lcaches */
    bic     r1, r10, #0x18
    str     r1, [r0]
    movs    r1, #0
    msr     faultmask, r1
    msr     basepri, r1
    msr     control, r1         /* privileged, main stack, no FPU state */
    isb
    movw    r1, #:lower16:__stack_top
    movt    r1, #:upper16:__stack_top
    mov     sp, r1
    movw    r2, #0xED08         /* SCB.VTOR */
    movt    r2, #0xE000
    ldr     r12, [r2]
    movw    r1, #:lower16:vectors
    movt    r1, #:upper16:vectors
    str     r1, [r2]
    dsb
    isb

    movw    r0, #:lower16:__snapshot
    movt    r0, #:upper16:__snapshot
    add     r0, r0, #4
    stmia   r0, {{r4-r12}}
    bl      record_and_silence

    /* MPU off: the default map lets the loader reach everything it needs */
    movw    r0, #0xED94
    movt    r0, #0xE000
    movs    r1, #0
    dmb
    str     r1, [r0]
    dsb
    isb

.Lcaches:
    /* D-cache off. From the moment CCR.DC is clear until all lines are cleaned nothing may touch memory: registers only. */
    movw    r0, #0xED14
    movt    r0, #0xE000
    ldr     r1, [r0]
    tst     r1, #0x10000
    beq     3f
    movw    r2, #0xED84         /* CSSELR: level 1 data cache */
    movt    r2, #0xE000
    movs    r3, #0
    str     r3, [r2]
    dsb
    ldr     r3, [r2, #-4]       /* CCSIDR */
    movw    r7, #0xEF74         /* DCCISW: clean and invalidate by set and way */
    movt    r7, #0xE000
    bic     r1, r1, #0x10000
    str     r1, [r0]
    dsb
    ubfx    r4, r3, #13, #15    /* last set */
1:  ubfx    r5, r3, #3, #10     /* last way */
2:  lsls    r6, r5, #30
    orr     r6, r6, r4, lsl #5
    str     r6, [r7]
    subs    r5, r5, #1
    bpl     2b
    subs    r4, r4, #1
    bpl     1b
    dsb
    isb
3:  /* I-cache: empty, on */
    movw    r2, #0xEF50         /* ICIALLU */
    movt    r2, #0xE000
    movs    r3, #0
    str     r3, [r2]
    dsb
    isb
    orr     r1, r1, #0x20000
    str     r1, [r0]
    dsb
    isb

    /* the boot ROM stores whole reports of 1024 bytes: what lies behind the image is not zero */
    movw    r0, #:lower16:__bss_start
    movt    r0, #:upper16:__bss_start
    movw    r1, #:lower16:__bss_end
    movt    r1, #:upper16:__bss_end
    movs    r2, #0
4:  cmp     r0, r1
    bhs     5f
    str     r2, [r0], #4
    b       4b
5:  bl      choose_stack
    mov     sp, r0
    bl      main
    b       .

/* ---- faults --------------------------------------------------------------------------------------------------------- */
/* With interrupts masked every fault arrives as a hard fault. One inside probe_copy makes that function return 1; every
   other one ends in the boot ROM, with a breadcrumb. */
    .thumb_func
fault:
    ldr     r0, [sp, #24]       /* stacked PC */
    movw    r1, #:lower16:probe_copy
    movt    r1, #:upper16:probe_copy
    cmp     r0, r1
    blo     unexpected_fault
    movw    r1, #:lower16:probe_end
    movt    r1, #:upper16:probe_end
    cmp     r0, r1
    bhs     unexpected_fault
    str     r1, [sp, #24]
    ldr     r1, [sp, #28]       /* stacked xPSR: no IT block goes on */
    bic     r1, r1, #0x06000000
    bic     r1, r1, #0x0000FC00
    str     r1, [sp, #28]
    movw    r1, #0xED28         /* CFSR, HFSR: write back to clear */
    movt    r1, #0xE000
    ldr     r2, [r1]
    str     r2, [r1]
    ldr     r2, [r1, #4]
    str     r2, [r1, #4]
    dsb
    bx      lr

/* u32 probe_copy(to, from, bytes): copies, in pairs of words where both addresses are aligned; 0, or 1 after a fault. No stack, so
   that a fault in it needs no unwinding. */
    .global probe_copy
    .thumb_func
    .p2align 2
probe_copy:
    orr     r3, r0, r1
    lsls    r3, r3, #30
    bne     3f
1:  subs    r2, r2, #8
    blo     2f
    ldmia   r1!, {{r3, r12}}
    stmia   r0!, {{r3, r12}}
    b       1b
2:  adds    r2, r2, #8
    cmp     r2, #4              /* a register is never read in bytes */
    blo     3f
    ldr     r3, [r1], #4
    str     r3, [r0], #4
    subs    r2, r2, #4
3:  cbz     r2, 4f
    ldrb    r3, [r1], #1
    strb    r3, [r0], #1
    subs    r2, r2, #1
    b       3b
4:  movs    r0, #0
    bx      lr
probe_end:
    movs    r0, #1
    bx      lr

/* void run_at(address, argument, stack): leaves the loader; stack 0 keeps the stack pointer */
    .global run_at
    .thumb_func
run_at:
    cbz     r2, 1f
    mov     sp, r2
1:  mov     r3, r0
    mov     r0, r1
    bx      r3

/* ---- memory functions ----------------------------------------------------------------------------------------------- */
/* Smaller than those of compiler_builtins by 1.7 KiB. The loader's memory is Normal memory: words may be unaligned. */
    .section .text.memory, "ax", %progbits
    .global memcpy
    .global __aeabi_memcpy
    .global __aeabi_memcpy4
    .global __aeabi_memcpy8
    .thumb_func
memcpy:
    .thumb_func
__aeabi_memcpy:
    .thumb_func
__aeabi_memcpy4:
    .thumb_func
__aeabi_memcpy8:
    mov     r12, r0
1:  subs    r2, r2, #4
    blo     2f
    ldr     r3, [r1], #4
    str     r3, [r0], #4
    b       1b
2:  adds    r2, r2, #4
3:  cbz     r2, 4f
    ldrb    r3, [r1], #1
    strb    r3, [r0], #1
    subs    r2, r2, #1
    b       3b
4:  mov     r0, r12
    bx      lr

    .global memcmp
    .global bcmp
    .thumb_func
memcmp:
    .thumb_func
bcmp:
1:  cbz     r2, 2f
    subs    r2, r2, #1
    ldrb    r3, [r0], #1
    ldrb    r12, [r1], #1
    subs    r3, r3, r12
    beq     1b
    mov     r0, r3
    bx      lr
2:  movs    r0, #0
    bx      lr

    .global __aeabi_memclr
    .global __aeabi_memclr4
    .global __aeabi_memclr8
    .thumb_func
__aeabi_memclr:
    .thumb_func
__aeabi_memclr4:
    .thumb_func
__aeabi_memclr8:
    movs    r2, #0
    /* __aeabi_memset(to, bytes, value) has its arguments in another order than memset(to, value, bytes) */
    .global __aeabi_memset
    .global __aeabi_memset4
    .global __aeabi_memset8
    .thumb_func
__aeabi_memset:
    .thumb_func
__aeabi_memset4:
    .thumb_func
__aeabi_memset8:
    mov     r3, r1
    mov     r1, r2
    mov     r2, r3
    .global memset
    .thumb_func
memset:
    mov     r12, r0
    uxtb    r1, r1
    orr     r1, r1, r1, lsl #8
    orr     r1, r1, r1, lsl #16
1:  subs    r2, r2, #4
    blo     2f
    str     r1, [r0], #4
    b       1b
2:  adds    r2, r2, #4
3:  cbz     r2, 4f
    strb    r1, [r0], #1
    subs    r2, r2, #1
    b       3b
4:  mov     r0, r12
    bx      lr

/* void boot_at(code, stack, table): leaves the loader for an application; table 0 keeps VTOR and the stack pointer */
    .global boot_at
    .thumb_func
boot_at:
    movw    r3, #0xED14         /* SCB.CCR: I-cache off; the D-cache is off already */
    movt    r3, #0xE000
    ldr     r12, [r3]
    bic     r12, r12, #0x20000
    dsb
    isb
    str     r12, [r3]
    dsb
    isb
    movs    r12, #0
    str     r12, [r3, #0x23C]   /* ICIALLU at 0xE000EF50 */
    dsb
    isb
    cbz     r2, 1f
    str     r2, [r3, #-12]      /* VTOR */
    dsb
    msr     msp, r1
1:  cpsie   i                   /* nothing is enabled or pending */
    bx      r0
