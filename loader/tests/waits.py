"""Passes over waits of the loader in emulation. It waits by looking at its clock or at the USB controller, millions of times, each of which
is emulated. Where nothing can happen between two looks, one takes some microseconds instead of some 100 ns:

| look | while | takes |
|--|--|--|
| at the clock | the loader keeps off the bus, 50 ms | 20 us |
| at the USB controller | a bus reset, 10 ms | 20 us |
| at the USB controller | at full speed, where a packet takes 52 us | 5 us |

Everything else runs as it is."""

GPT1_CNT, USBSTS = 0x401E_C024, 0x402E_0144


def pass_over(board):
    """For a board whose host is a FrameHost; call it once the host is there."""
    idle = getattr(board.host, "_idle", None)
    resets = [False]

    def idled(ns):
        resets[0] = True
        idle(ns)
        resets[0] = False

    def watch(kind, address, _size, _value):
        if kind != "R" or board.state != "fw":
            return
        if address == USBSTS and board.usb is not None:
            if resets[0]:
                board.clock.advance(20_000)
            elif not board.usb.high_speed:
                board.clock.advance(5_000)
        elif address == GPT1_CNT and board.usb is None:
            board.clock.advance(20_000)

    if idle:
        board.host._idle = idled
    board.watchers.append(watch)
