/* Blinks the user LED of the MIMXRT1020-EVK in a pattern that lies in .data.
 *
 * The LED is on GPIO1_IO05 and lights when the pin is low.
 * Sources: Zephyr boards/nxp/mimxrt1020_evk/mimxrt1020_evk.dts (led0 = gpio1 5, GPIO_ACTIVE_LOW);
 * NXP mcux-sdk boards/evkmimxrt1020/board.h (BOARD_USER_LED_GPIO_PIN 5, LOGIC_LED_ON 0).
 *
 * What the LED says:
 *   two short flashes, a pause   all is well (the fast build: an even, quick flicker)
 *   lit for good                 .data did not arrive in RAM as it was linked
 *   dark                         the application did not get as far as led_on()
 */
#include <stddef.h>
#include <stdint.h>

#include "registers.h"

#define LED (1u << 5)

/* One tick is 10 ms at 396 MHz, the clock that the boot ROM is said to leave; with another clock the blink is slower or
 * faster, nothing else. Never measured. */
#define CYCLES_PER_TICK 3960000u

#define PATTERN_TAG 0x6B6E6C42u /* "Blnk" */

struct pattern {
    uint32_t tag;
    uint32_t steps;
    uint16_t ticks[6]; /* on, off, on, off ... */
};

/* In .data, and volatile, so that the program reads the copy in RAM and never a constant folded into the code. */
static volatile struct pattern pattern = {
    .tag = PATTERN_TAG,
#ifdef FAST
    .steps = 2,
    .ticks = {5, 5},
#else
    .steps = 4,
    .ticks = {10, 20, 10, 100},
#endif
};

/* In .bss: right only if the startup code cleared it. */
static volatile uint32_t elapsed;

void systick_handler(void);
int main(void);

void systick_handler(void)
{
    elapsed = elapsed + 1;
}

static void led_on(void)
{
    GPIO1_DR_CLEAR = LED;
}

static void led_off(void)
{
    GPIO1_DR_SET = LED;
}

static void led_init(void)
{
    CCM_CCGR1 |= CCM_CCGR1_GPIO1;
    CCM_CCGR4 |= CCM_CCGR4_IOMUXC;
    led_off();
    GPIO1_GDIR |= LED;
    PAD_GPIO_AD_B0_05 = PAD_OUTPUT;
    MUX_GPIO_AD_B0_05 = MUX_ALT5;
}

/* The steps of NXP's SystemInit(): nobody feeds a watchdog here. */
static void watchdogs_off(void)
{
    WDOG1_WMCR &= (uint16_t)~WDOG_WMCR_PDE;
    WDOG2_WMCR &= (uint16_t)~WDOG_WMCR_PDE;
    uint32_t cs = RTWDOG_CS;
    if (cs & RTWDOG_CS_EN) {
        /* What follows the key has to follow quickly: the window is a few hundred bus clocks. */
        RTWDOG_CNT = RTWDOG_UNLOCK;
        RTWDOG_TOVAL = 0xFFFF;
        RTWDOG_CS = (cs & ~RTWDOG_CS_EN) | RTWDOG_CS_UPDATE;
    }
}

static void ticks_init(void)
{
    SYST_RVR = CYCLES_PER_TICK - 1;
    SYST_CVR = 0;
    SYST_CSR = SYST_CSR_CORE_CLOCK | SYST_CSR_TICKINT | SYST_CSR_ENABLE;
    __asm volatile("cpsie i" ::: "memory");
}

static void wait(uint32_t ticks)
{
    uint32_t start = elapsed;

    while (elapsed - start < ticks)
        __asm volatile("wfi");
}

int main(void)
{
    watchdogs_off();
    led_init();

    if (pattern.tag != PATTERN_TAG || elapsed != 0) {
        led_on();
        for (;;)
            ;
    }

    ticks_init();
    for (size_t step = 0;; step = (step + 1) % pattern.steps) {
        if (step % 2 == 0)
            led_on();
        else
            led_off();
        wait(pattern.ticks[step]);
    }
}
