//! The host: USB, serial ports, permissions.

const NOT_IN_DOWNLOAD: &str = "the boot pins do not select serial download (BOOT_MODE = 01), or the board was not power-cycled after they were set";

entries! {
    HOST_NO_BOARD Error "host-no-board": "no board is on USB" => [
        NOT_IN_DOWNLOAD,
        "a charge-only cable or a bad hub, or the board's other USB port",
        "a valid application was started from flash",
        "the board has no power, or its USB supply or crystal fails",
        "a floating UART RX made the ROM choose the UART",
        "fuses forbid serial download (SDP_DISABLE) or force internal boot",
    ];
    HOST_PROBE_ONLY Error "host-probe-only": "only a debug probe's own USB port is plugged in"
        / "only a debug probe's USB port is plugged in ({id})";
    HOST_PERMISSION Error "host-permission": "this user may not open the board"
        / "this user may not open {port}";
    HOST_PERMISSION_FLASHLOADER Error "host-permission-flashloader": "the udev rule covers the boot ROM's ids but not the flashloader's";
    HOST_BUSY Error "host-busy": "another program holds the board"
        / "{place} is in use by {who}";
    HOST_SHARED Warning "host-shared": "another program has the board open as well";
    HOST_SEVERAL_BOARDS Error "host-several-boards": "several boards are plugged in and none is named"
        / "{count} boards are plugged in, and none is named";
    HOST_OTHER_SOCKET Error "host-other-socket": "the board is at another USB port than the one named"
        / "no board is at USB port {port}, but one is at {place}";
    HOST_VANISHING Error "host-vanishing": "the board comes and goes on USB" => [
        "the application starts and stops, or a watchdog resets the chip",
        "the supply or the cable has a bad contact",
        "a virtual machine grabs the device",
    ];
    HOST_USB Error "host-usb": "the system does not allow access to USB" => [
        "no access to the system's USB devices: a container without /sys and /dev, or macOS without Input Monitoring for the terminal",
    ];
    HOST_OTHER_FAMILY Error "host-other-family": "the boot ROM of another chip family is on USB"
        / "the board's chip is {found}, not {wanted}";
    HOST_VIRTUAL Error "host-virtual": "the virtual board's folder is not usable";
    HOST_VIRTUAL_AWAY Error "host-virtual-away": "the virtual board is not in serial download" => [
        "its application runs",
        "its switches are not set to serial download",
    ];
    USB_FULL_SPEED Error "usb-full-speed": "the board is connected at full speed"
        / "the board is connected at {speed} Mbit/s; the flashloader needs a high-speed port";
    UART_NO_PORT Error "uart-no-port": "there is no such serial port"
        / "there is no serial port {port}" => [
        "the adapter is not plugged in, or the cable carries no data",
        "it has another name now: names can change when it is replugged",
        "its driver is missing, or the port belongs to a virtual machine",
    ];
    UART_PERMISSION Error "uart-permission": "this user may not open the serial port"
        / "this user may not open {port}" => [
        "this user is not in the group that may open serial ports (dialout on most Linux systems)",
    ];
    UART_BUSY Error "uart-busy": "another program holds the serial port"
        / "{place} is in use by {who}";
    UART_GONE Error "uart-gone": "the UART adapter went away"
        / "the adapter behind {port} went away";
    UART_BROKEN Error "uart-broken": "the serial port is not usable"
        / "{port} is not usable" => [
        "it is no serial port",
        "its adapter or driver fails",
    ];
    UART_SILENT Error "uart-silent": "nobody answers on the UART"
        / "nobody answers on {port}" => [
        NOT_IN_DOWNLOAD,
        "TX and RX are swapped, or it is not the UART of serial download (LPUART1)",
        "wrong speed: every known tool talks to the ROM at 115200 baud, and the flashloader keeps the first speed it detects until reset",
        "USB was used first: the ROM listens to only one of the two until reset",
        "the fuse that disables UART download is burnt",
    ];
    UART_GARBAGE Error "uart-garbage": "data from the UART is garbled" => [
        "the speed differs from the one the ROM measured",
        "noise, a long cable, or levels other than 3.3 V",
        "the sender is not a boot ROM",
    ];
    UART_NOISY Warning "uart-noisy": "the UART corrupts bytes" => [
        "noise, a long cable, a missing ground wire, or levels other than 3.3 V",
        "an adapter whose 115200 baud is a few per cent off",
    ];
}
