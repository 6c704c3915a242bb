@ What the boot ROM reads before it starts the application: FlexSPI configuration block (FCB), image vector table (IVT)
@ and boot data. Linked into blinky_boot only; the bare blinky leaves these three to rtboot.

@ FCB for an IS25LP064A: quad read EBh with six dummy cycles. The values are those of the block that NXP's flashloader
@ writes for option word 0xC0000007 (SPSDK tests/mcu_examples/data/rt102x/flex_spi.fcb), except the clock: six dummy
@ cycles are good for 104 MHz on this part, so the index is 6 (nominally 100 MHz) and not 7.
@ The block does not set the part's quad enable bit; that has to be on already.

        .equ    CMD,   0x04             @ instruction opcodes, shifted for one pad; + 0x02 for four
        .equ    RADDR, 0x08
        .equ    WRITE, 0x20
        .equ    READ,  0x24
        .equ    DUMMY, 0x30
        .equ    QUAD,  0x02

        .section .boot.fcb, "a", %progbits
        .global fcb
        .type   fcb, %object
fcb:
        .ascii  "FCFB"                  @ 0x000 tag
        .word   0x56010400              @ 0x004 version 1.4.0
        .org    fcb + 0x00C
        .byte   1                       @ 0x00C readSampleClkSrc: loopback from the DQS pad
        .byte   3, 3                    @ 0x00D csHoldTime, csSetupTime
        .org    fcb + 0x040
        .word   0x10                    @ 0x040 controllerMiscOption: safe clock while configuring
        .byte   1                       @ 0x044 deviceType: serial NOR
        .byte   4                       @ 0x045 sflashPadType: four pads
        .byte   6                       @ 0x046 serialClkFreq: 100 MHz
        .org    fcb + 0x050
        .word   0x00800000              @ 0x050 sflashA1Size: 8 MiB
        .org    fcb + 0x080             @ LUT 0: read, EBh 1-4-4
        .byte   0xEB, CMD, 24, RADDR | QUAD, 6, DUMMY | QUAD, 4, READ | QUAD
        .org    fcb + 0x090             @ LUT 1: read status register
        .byte   0x05, CMD, 4, READ
        .org    fcb + 0x0B0             @ LUT 3: write enable
        .byte   0x06, CMD
        .org    fcb + 0x0D0             @ LUT 5: erase sector
        .byte   0x20, CMD, 24, RADDR
        .org    fcb + 0x100             @ LUT 8: erase block
        .byte   0xD8, CMD, 24, RADDR
        .org    fcb + 0x110             @ LUT 9: page program
        .byte   0x02, CMD, 24, RADDR, 4, WRITE
        .org    fcb + 0x130             @ LUT 11: erase chip
        .byte   0x60, CMD
        .org    fcb + 0x1C0
        .word   0x100                   @ 0x1C0 pageSize
        .word   0x1000                  @ 0x1C4 sectorSize
        .byte   1                       @ 0x1C8 ipcmdSerialClkFreq: 30 MHz
        .org    fcb + 0x1D0
        .word   0x10000                 @ 0x1D0 blockSize
        .org    fcb + 0x200
        .size   fcb, . - fcb

@ IVT and boot data in the manner of NXP's SDK: version 0x41, the entry is the vector table (not the reset handler),
@ the length is the whole flash, and a word of ones follows the plugin flag.

        .section .boot.ivt, "a", %progbits
        .global ivt
        .type   ivt, %object
ivt:
        .byte   0xD1, 0x00, 0x20, 0x41  @ tag, length (big-endian), version
        .word   vectors                 @ entry
        .word   0                       @ reserved
        .word   0                       @ DCD: none
        .word   boot_data
        .word   ivt                     @ self
        .word   0                       @ CSF: not signed
        .word   0                       @ reserved
        .size   ivt, . - ivt

        .global boot_data
        .type   boot_data, %object
boot_data:
        .word   0x60000000              @ start of the image
        .word   0x00800000              @ its length
        .word   0                       @ plugin: no
        .word   0xFFFFFFFF
        .size   boot_data, . - boot_data
