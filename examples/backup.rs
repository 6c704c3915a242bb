//! Reads a whole flash into an Intel HEX file, blank stretches left out. Changes nothing in flash.
//!
//! `cargo run --example backup -- virtual:/tmp/board backup.hex`

use rtboot::job::{self, Target};
use rtboot::{Memory, emit};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [board, output] = &arguments[..] else {
        return Err("usage: backup BOARD OUT.hex".into());
    };
    let target = Target::on(board.parse()?);
    let mut board = target.connect(&mut ())?;
    let mut nor = target.open_flash(&mut board, &mut ())?;
    let (base, size) = (nor.geometry().base, nor.geometry().size);

    let mut memory = Memory::new();
    let bytes = job::read_flash(&mut nor, base, size, &mut ())?;
    for (page, address) in bytes.chunks(256).zip((base..).step_by(256)) {
        if page.iter().any(|&byte| byte != 0xFF) {
            memory.insert(address, page.to_vec())?;
        }
    }
    std::fs::write(output, emit::intel_hex(&memory))?;
    println!(
        "{} bytes that are not blank, in {output}",
        memory.len_bytes()
    );
    Ok(())
}
