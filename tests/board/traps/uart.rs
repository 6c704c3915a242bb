//! The same over the UART: raw SDP, then frames, acknowledgements and a measured baud rate.

use super::*;
use rtboot::mboot::UartLink;
use rtboot::port::SerialPort;
use rtboot_sim::{ByteFault, Fault};

type SerialLoader = Mboot<UartLink<Box<dyn SerialPort>>>;

/// A board whose flashloader was loaded over the UART and runs, and a session with it at `baud`.
fn board_at(baud: u32) -> (VirtualBoard, SerialLoader) {
    let board = VirtualBoard::new();
    let mut rom = Sdp::new(sdp::UartLink::new(board.serial(115_200)));
    rom.write_file(0x2020_8000, VirtualBoard::standin_loader(), &mut |_| ())
        .unwrap();
    assert_eq!(rom.jump_address(0x2020_8400).unwrap(), JumpOutcome::Silent);
    board.wait(Duration::from_secs(1));
    let loader = Mboot::new(UartLink::new(board.serial(baud)));
    (board, loader)
}

#[test]
fn rom_answers_raw_words_on_the_uart() {
    let board = VirtualBoard::new();
    let mut rom = Sdp::new(sdp::UartLink::new(board.serial(115_200)));
    assert_eq!(rom.error_status().unwrap(), sdp::Status::HAB_SUCCESS);
    assert_eq!(rom.read_word(0x401F_4410).unwrap(), 0x1234_5678);
    rom.write_file(0x2020_8000, &pattern(3001), &mut |_| ())
        .unwrap();
    assert_eq!(board.board().ram(0x2020_8000, 3001).unwrap(), pattern(3001));
}

#[test]
fn flash_job_works_at_any_pinged_baud() {
    for baud in [57_600, 115_200] {
        let (board, mut loader) = board_at(baud);
        assert_eq!(loader.max_packet_size().unwrap(), 1024);
        configure_over(&mut loader);
        loader.flash_erase_region(FLASH, 0x3000, NOR).unwrap();
        loader
            .write_memory(FLASH, &pattern(0x2801), MAPPED, &mut go)
            .unwrap();
        assert_eq!(flash(&board, 0, 0x2801), pattern(0x2801));
        assert!(loader.read_memory(FLASH, 0x2801, MAPPED, &mut go).unwrap() == pattern(0x2801));
    }
}

fn configure_over(loader: &mut SerialLoader) {
    loader.fill_memory(SCRATCH, 4, 0xC000_0007).unwrap();
    loader.configure_memory(NOR, SCRATCH).unwrap();
}

#[test]
fn device_can_stop_a_uart_write() {
    let (board, mut loader) = board_at(115_200);
    configure_over(&mut loader);
    board.board().flash_mut()[0x1234] = 0;
    let error = loader
        .write_memory(FLASH, &pattern(0x4000), MAPPED, &mut go)
        .unwrap_err();
    assert_eq!(error.status(), Some(Status::MEMORY_CUMULATIVE_WRITE));
    assert!(
        matches!(
            error,
            Error::Refused {
                step: Step::Data,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(flash(&board, 0, 0x1200), pattern(0x1200));
    assert_eq!(loader.version().unwrap().to_string(), "K2.1.0");
}

#[test]
fn host_can_stop_a_uart_write_and_read() {
    let (_board, mut loader) = board_at(115_200);
    let error = loader
        .write_memory(SCRATCH, &pattern(8000), MAPPED, &mut |n| n < 2000)
        .unwrap_err();
    assert!(
        matches!(error, Error::Cancelled { done: 2048, .. }),
        "{error}"
    );
    assert_eq!(loader.version().unwrap().to_string(), "K2.1.0");
    let error = loader
        .read_memory(SCRATCH, 8000, MAPPED, &mut |n| n < 2000)
        .unwrap_err();
    assert!(
        matches!(error, Error::Cancelled { done, .. } if done < 8000),
        "{error}"
    );
    assert_eq!(loader.version().unwrap().to_string(), "K2.1.0");
}

#[test]
fn flipped_bit_is_resent_in_both_directions() {
    for answer in [false, true] {
        let (board, mut loader) = board_at(115_200);
        loader.max_packet_size().unwrap();
        let counts = board.board().counts();
        let what = ByteFault::Corrupt { xor: 0x10 };
        let fault = match answer {
            true => Fault::UartIn {
                at: counts.uart_in + 1200,
                what,
            },
            false => Fault::UartOut {
                at: counts.uart_out + 1200,
                what,
            },
        };
        board.board().fault_mut().push(fault);
        loader
            .write_memory(SCRATCH, &pattern(6000), MAPPED, &mut go)
            .unwrap();
        assert!(loader.read_memory(SCRATCH, 6000, MAPPED, &mut go).unwrap() == pattern(6000));
        assert!(board.board().faults().is_empty(), "it happened");
    }
}
