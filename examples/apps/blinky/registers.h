/* Every chip register that this application touches, and where its address was read.
 *
 * Chip registers: NXP mcux-sdk devices/MIMXRT1021 (system_MIMXRT1021.c, drivers/fsl_clock.h), MIMXRT1021/drivers/fsl_iomuxc.h,
 * NXP's i.MX RT10xx device headers (GPIO, RTWDOG), Zephyr dts/arm/nxp/nxp_rt10xx.dtsi.
 * Core registers: ARMv7-M architecture reference manual, B3.
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

#define REG16(address) (*(volatile uint16_t *)(address))
#define REG32(address) (*(volatile uint32_t *)(address))

/* Clock gates: two bits a gate, 3 = on in every mode but STOP. */
#define CCM_CCGR1 REG32(0x400FC06Cu)
#define CCM_CCGR1_GPIO1 (3u << 26) /* CG13 */
#define CCM_CCGR4 REG32(0x400FC078u)
#define CCM_CCGR4_IOMUXC (3u << 2) /* CG1 */

/* Pad GPIO_AD_B0_05: ALT5 is GPIO1_IO05. */
#define MUX_GPIO_AD_B0_05 REG32(0x401F80D0u)
#define MUX_ALT5 5u
#define PAD_GPIO_AD_B0_05 REG32(0x401F8244u)
/* Keeper on, medium speed (2), drive strength R0/6 (6), slow slew: the pads' usual setting in NXP's board files. */
#define PAD_OUTPUT 0x10B0u

/* GPIO1: data register, direction (1 = output), and the write-one-to-set, -clear, -toggle views of the data. */
#define GPIO1_GDIR REG32(0x401B8004u)
#define GPIO1_DR_SET REG32(0x401B8084u)
#define GPIO1_DR_CLEAR REG32(0x401B8088u)

/* Watchdogs 1 and 2: bit 0 of WMCR enables the power-down counter that runs from reset. */
#define WDOG1_WMCR REG16(0x400B8008u)
#define WDOG2_WMCR REG16(0x400D0008u)
#define WDOG_WMCR_PDE (1u << 0)

/* RTWDOG: control, counter (takes the unlock key), time-out. */
#define RTWDOG_CS REG32(0x400BC000u)
#define RTWDOG_CS_UPDATE (1u << 5)
#define RTWDOG_CS_EN (1u << 7)
#define RTWDOG_CNT REG32(0x400BC004u)
#define RTWDOG_UNLOCK 0xD928C520u
#define RTWDOG_TOVAL REG32(0x400BC008u)

/* SysTick: control, 24-bit reload, current value. */
#define SYST_CSR REG32(0xE000E010u)
#define SYST_CSR_ENABLE (1u << 0)
#define SYST_CSR_TICKINT (1u << 1)
#define SYST_CSR_CORE_CLOCK (1u << 2)
#define SYST_RVR REG32(0xE000E014u)
#define SYST_CVR REG32(0xE000E018u)

#endif
