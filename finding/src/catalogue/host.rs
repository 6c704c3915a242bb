//! The host: USB, serial ports, permissions.

const NOT_IN_DOWNLOAD: &str = "the boot pins do not say serial download (BOOT_MODE = 01), or power was not switched off since they were set";

entries! {
    HOST_NO_BOARD Error "host-no-board": "no board is on USB" => [
        NOT_IN_DOWNLOAD,
        "a charge-only cable or a bad hub, or the board's other USB port",
        "a valid application was started from flash",
        "the board has no power, or its USB supply or crystal fails",
        "the ROM took a floating UART RX for a download",
        "fuses forbid serial download (SDP_DISABLE) or force internal boot",
    ];
    HOST_PROBE_ONLY Error "host-probe-only": "only a debug probe's own USB port is plugged in"
        / "only a debug probe's USB port is plugged in ({id})";
    HOST_PERMISSION Error "host-permission": "this user may not open the board"
        / "this user may not open {port}";
    HOST_PERMISSION_FLASHLOADER Error "host-permission-flashloader": "the udev rule names the boot ROM's ids and not the flashloader's";
    HOST_BUSY Error "host-busy": "another program holds the board"
        / "{place} is in use by {who}";
    HOST_SHARED Warning "host-shared": "another program has the board open as well";
    HOST_SEVERAL_BOARDS Error "host-several-boards": "several boards are plugged in and none is named"
        / "{count} boards are plugged in, and none is named";
    HOST_OTHER_SOCKET Error "host-other-socket": "the board is at another USB port than the one named"
        / "no board is at USB port {port}, but one is at {place}";
    HOST_VANISHING Error "host-vanishing": "the board comes and goes on USB" => [
        "the application starts and stops, or a watchdog resets the chip",
        "supply or cable with bad contact",
        "a virtual machine takes the device",
    ];
    HOST_USB Error "host-usb": "the system does not let USB be used" => [
        "no access to the system's USB devices: a container without /sys and /dev, or macOS without Input Monitoring for the terminal",
    ];
    HOST_OTHER_FAMILY Error "host-other-family": "the boot ROM of another chip family is on USB"
        / "the board carries an {found}, not an {wanted}";
    HOST_VIRTUAL Error "host-virtual": "the virtual board's folder is not usable";
    HOST_VIRTUAL_AWAY Error "host-virtual-away": "the virtual board is not in serial download" => [
        "its application runs",
        "its switches do not stand on serial download",
    ];
    USB_FULL_SPEED Error "usb-full-speed": "the board is connected at full speed"
        / "the board is connected at {speed} Mbit/s; the flashloader needs a high-speed port";
    UART_NO_PORT Error "uart-no-port": "there is no such serial port"
        / "there is no serial port {port}" => [
        "the adapter is not plugged in, or the cable carries no data",
        "it has another name: names change from plug to plug",
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
        "another speed: every known tool speaks to the ROM at 115200 baud, and the flashloader keeps the first one it heard until reset",
        "USB was used first: the ROM listens to one of the two until reset",
        "the fuse that disables UART download is burnt",
    ];
    UART_GARBAGE Error "uart-garbage": "what comes over the UART is garbled" => [
        "another speed than the ROM measured",
        "noise, a long cable, or levels other than 3.3 V",
        "the sender is no boot ROM",
    ];
    UART_NOISY Warning "uart-noisy": "the UART spoils bytes" => [
        "noise, a long cable, a missing ground wire, or levels other than 3.3 V",
        "an adapter whose 115200 baud are some per cent off",
    ];
}
