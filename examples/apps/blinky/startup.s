@ Vector table and reset handler.
@
@ The table is what the boot ROM finds at 0x60002000: word 0 the stack, word 1 the reset handler with bit 0 set.
@ The handler trusts nothing it inherits, because two very different programs start it: the boot ROM, and the flashloader
@ (command `execute`), which leaves its own interrupts, SysTick and MPU regions behind.

        .syntax unified
        .cpu    cortex-m7
        .thumb

        .section .vectors, "a", %progbits
        .global vectors
        .type   vectors, %object
vectors:
        .word   stack_top
        .word   reset_handler
        .word   halt                    @ NMI
        .word   halt                    @ HardFault
        .word   halt                    @ MemManage
        .word   halt                    @ BusFault
        .word   halt                    @ UsageFault
        .word   0, 0, 0, 0              @ reserved
        .word   halt                    @ SVCall
        .word   halt                    @ DebugMonitor
        .word   0                       @ reserved
        .word   halt                    @ PendSV
        .word   systick_handler
        .rept   142                     @ the chip's own interrupts (MIMXRT1021.h: 158 vectors in all); none is used
        .word   halt
        .endr
        .size   vectors, . - vectors

        .equ    SYST_CSR,   0xE000E010
        .equ    NVIC_ICER0, 0xE000E180  @ five words cover 142 interrupts
        .equ    NVIC_ICPR0, 0xE000E280
        .equ    SCB_ICSR,   0xE000ED04
        .equ    SCB_VTOR,   0xE000ED08
        .equ    MPU_CTRL,   0xE000ED94

        .section .text.reset_handler, "ax", %progbits
        .global reset_handler
        .type   reset_handler, %function
        .thumb_func
reset_handler:
        cpsid   i
        movs    r0, #0
        msr     control, r0             @ privileged, on the main stack
        isb
        msr     basepri, r0
        ldr     r1, =stack_top
        msr     msp, r1

        ldr     r1, =SYST_CSR           @ stop what may be running
        str     r0, [r1]
        ldr     r1, =MPU_CTRL
        dmb
        str     r0, [r1]
        dsb
        isb
        mvns    r2, r0
        ldr     r1, =NVIC_ICER0
        ldr     r3, =NVIC_ICPR0
        movs    r4, #5
1:      str     r2, [r1], #4
        str     r2, [r3], #4
        subs    r4, r4, #1
        bne     1b
        ldr     r1, =SCB_ICSR
        ldr     r2, =(1 << 27) | (1 << 25)      @ clear a pending PendSV and SysTick
        str     r2, [r1]

        ldr     r1, =SCB_VTOR
        ldr     r2, =vectors
        str     r2, [r1]
        dsb
        isb

        ldr     r1, =data_load          @ .data: from flash, where it was programmed, to DTCM, where it was linked
        ldr     r2, =data_start
        ldr     r3, =data_end
2:      cmp     r2, r3
        bhs     3f
        ldr     r4, [r1], #4
        str     r4, [r2], #4
        b       2b

3:      ldr     r2, =bss_start          @ .bss: zeros
        ldr     r3, =bss_end
4:      cmp     r2, r3
        bhs     5f
        str     r0, [r2], #4
        b       4b

5:      bl      main
        b       halt
        .size   reset_handler, . - reset_handler
        .pool

        .section .text.halt, "ax", %progbits
        .type   halt, %function
        .thumb_func
halt:
        b       halt
        .size   halt, . - halt
