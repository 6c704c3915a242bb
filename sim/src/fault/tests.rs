use super::*;

#[test]
fn a_fault_happens_at_its_report_and_only_once() {
    let what = ReportFault::Drop;
    let mut faults = Faults {
        list: vec![Fault::UsbOut { at: 2, what }],
        ..Faults::default()
    };
    assert_eq!(faults.usb_out(), []);
    assert_eq!(faults.usb_in(), []);
    assert_eq!(faults.usb_in(), []);
    assert_eq!(faults.usb_out(), [what]);
    assert_eq!((faults.usb_out(), faults.list.len()), (vec![], 0));
    assert_eq!((faults.counts.usb_out, faults.counts.usb_in), (3, 2));
}

#[test]
fn a_report_is_mangled_as_told() {
    let report = [1, 2, 3];
    let one = |fault| mangle(&report, &[fault]);
    assert_eq!(one(ReportFault::Drop), Vec::<Vec<u8>>::new());
    assert_eq!(
        one(ReportFault::Corrupt { byte: 1, xor: 0xFF }),
        [[1, 0xFD, 3]]
    );
    assert_eq!(
        one(ReportFault::Corrupt { byte: 9, xor: 0xFF }),
        [[1, 2, 3]]
    );
    assert_eq!(one(ReportFault::Duplicate), [[1, 2, 3], [1, 2, 3]]);
    assert_eq!(one(ReportFault::Truncate { length: 2 }), [[1, 2]]);
    assert_eq!(
        one(ReportFault::Oversize { length: 5 }),
        [[1, 2, 3, 0xA5, 0xA5]]
    );
    assert_eq!(one(ReportFault::WrongId { id: 7 }), [[7, 2, 3]]);
}

#[test]
fn faults_are_plain_json() {
    let list = vec![
        Fault::UsbIn {
            at: 3,
            what: ReportFault::Corrupt { byte: 4, xor: 1 },
        },
        Fault::UartOut {
            at: 9,
            what: ByteFault::Delay { ms: 30 },
        },
        Fault::PowerCut { at: 7 },
        Fault::StuckBusy,
        Fault::WrongPart {
            part: "w25q64jv".into(),
        },
    ];
    let text = serde_json::to_string(&list).expect("plain data");
    assert!(
        text.contains(r#"{"fault":"usb-in","at":3,"does":"corrupt","byte":4,"xor":1}"#),
        "{text}"
    );
    assert_eq!(
        serde_json::from_str::<Vec<Fault>>(&text).expect("the same"),
        list
    );
}

#[test]
fn the_power_cut_is_counted_from_now() {
    let mut faults = Faults {
        list: vec![Fault::PowerCut { at: 5 }],
        ..Faults::default()
    };
    assert_eq!(faults.coming_cut().0, Some(4));
    faults.counts.nor_operations = 4;
    assert_eq!(faults.coming_cut().0, Some(0));
    faults.counts.nor_operations = 5;
    assert_eq!(faults.coming_cut().0, None);
    faults.power_cut_done();
    assert_eq!(faults.list, []);
}

#[test]
fn misread_is_one_wrong_answer_cells_stay() {
    use crate::clock::Clock;
    use crate::nor::{Cycle, Part};
    let mut nor = Nor::new(Part::is25lp064a());
    nor.memory[..4].copy_from_slice(&[1, 2, 3, 4]);
    let misread = Fault::Misread {
        at: 2,
        byte: 5,
        xor: 0x80,
    };
    let faults = Faults {
        list: vec![misread],
        ..Faults::default()
    };
    faults.apply(&mut nor);
    let read = Cycle {
        opcode: Some(0x03),
        address_bits: 24,
        read_len: 4,
        ..Cycle::new(0)
    };
    let mut answers = (0..3).map(|_| nor.cycle(&read, &mut Clock::default()));
    assert_eq!(answers.next(), Some(vec![1, 2, 3, 4]));
    assert_eq!(answers.next(), Some(vec![1, 0x82, 3, 4]));
    assert_eq!(answers.next(), Some(vec![1, 2, 3, 4]));
    drop(answers);
    assert_eq!((nor.reads, nor.memory[1]), (3, 2));
}
