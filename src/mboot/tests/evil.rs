//! A device that sends random reports for ever.

use super::*;
use crate::port::HidPort;

struct Evil {
    seed: u64,
    reads: u64,
}

impl Evil {
    fn next(&mut self) -> u64 {
        // xorshift
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed
    }

    /// Often enough something that looks right.
    fn report(&mut self) -> Vec<u8> {
        let tags = [0xA0, 0xA3, 0xA7, 0xAF, 0xB0, 0xB3, 0xB5, 0xB6];
        let length = (self.next() % 40) as usize;
        let mut report: Vec<u8> = (0..length).map(|_| self.next() as u8).collect();
        if let Some(head) = report.first_chunk_mut::<8>() {
            head[0] = 1 + (self.next() % 4) as u8;
            head[2] = (self.next() % 40) as u8;
            head[3] = 0;
            head[4] = tags[(self.next() % 8) as usize];
            head[7] = (self.next() % 8) as u8;
        }
        report
    }
}

impl HidPort for Evil {
    fn write(&mut self, _: &[u8]) -> Result<(), port::Error> {
        Ok(())
    }

    fn read(&mut self, _: Duration) -> Result<Option<Vec<u8>>, port::Error> {
        self.reads += 1;
        Ok((!self.next().is_multiple_of(4)).then(|| self.report()))
    }

    fn describe(&self) -> String {
        "evil".into()
    }
}

#[test]
fn random_reports_for_ever_end_every_command_without_success() {
    for seed in 1..300u64 {
        let seed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut client = Client::new(HidLink::new(Evil { seed, reads: 0 }));
        for _ in 0..3 {
            // as if the device had behaved until now
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
