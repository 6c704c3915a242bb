//! A device that sends random reports for ever.

use super::*;
use crate::port::fake::RandomHid;

/// A report that looks right often enough to get past the first checks, or a time-out.
fn random_report(next: &mut dyn FnMut() -> u64) -> Option<Vec<u8>> {
    let tags = [0xA0, 0xA3, 0xA7, 0xAF, 0xB0, 0xB3, 0xB5, 0xB6];
    if next().is_multiple_of(4) {
        return None;
    }
    let length = (next() % 40) as usize;
    let mut report: Vec<u8> = (0..length).map(|_| next() as u8).collect();
    if let Some(head) = report.first_chunk_mut::<8>() {
        head[0] = 1 + (next() % 4) as u8;
        head[2] = (next() % 40) as u8;
        head[3] = 0;
        head[4] = tags[(next() % 8) as usize];
        head[7] = (next() % 8) as u8;
    }
    Some(report)
}

#[test]
fn endless_random_reports_fail_every_command() {
    for seed in 1..300u64 {
        let seed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut client = Client::new(HidLink::new(RandomHid::new(seed, random_report)));
        for _ in 0..3 {
            // as if the device had answered correctly until now
            client.synced = true;
            client.payload = Some(1016);
            assert!(
                client
                    .read_memory(0, u32::MAX, MemoryId::INTERNAL, &mut |_| true)
                    .is_err()
            );
            client.synced = true;
            assert!(
                client
                    .write_memory(0, &[0; 9000], MemoryId::INTERNAL, &mut |_| true)
                    .is_err()
            );
            assert!(client.generate_key_blob(&[0; 16], 0, 72).is_err());
            assert!(client.flash_read_once(1).is_err());
            assert!(client.sync().is_err());
            assert!(client.key_provisioning_read().is_err());
        }
        assert!(client.link_mut().port_mut().reads < 100_000, "bounded");
    }
}
