//! AES-128, encryption only, and the CCM mode of key blobs.
//!
//! Source: FIPS-197; RFC 3610 with 13 nonce bytes and 16 tag bytes.

/// Encrypts one block.
pub fn encrypt(key: &[u8; 16], block: &[u8; 16]) -> [u8; 16] {
    let sbox = sbox();
    let mut key = *key;
    let mut state = xor(block, &key);
    let mut constant = 1;
    for round in 1..=10 {
        state = shift_rows(&state.map(|byte| sbox[usize::from(byte)]));
        if round < 10 {
            state = mix_columns(&state);
        }
        next_key(&mut key, &sbox, constant);
        constant = double(constant);
        state = xor(&state, &key);
    }
    state
}

/// CCM with a nonce of zeros and no extra data: ciphertext, then tag. `data` is at most 65535 bytes.
pub fn ccm(key: &[u8; 16], data: &[u8]) -> Vec<u8> {
    let mut first = [0; 16];
    first[0] = 0x39;
    first[14..].copy_from_slice(&(data.len() as u16).to_be_bytes());
    let mut mac = encrypt(key, &first);
    let mut out = Vec::with_capacity(data.len() + 16);
    for (i, chunk) in (1u16..).zip(data.chunks(16)) {
        let mut block = [0; 16];
        block[..chunk.len()].copy_from_slice(chunk);
        mac = encrypt(key, &xor(&mac, &block));
        let stream = xor(&block, &encrypt(key, &counter(i)));
        out.extend_from_slice(&stream[..chunk.len()]);
    }
    out.extend_from_slice(&xor(&mac, &encrypt(key, &counter(0))));
    out
}

fn counter(i: u16) -> [u8; 16] {
    let mut block = [0; 16];
    block[0] = 1;
    block[14..].copy_from_slice(&i.to_be_bytes());
    block
}

fn xor(a: &[u8; 16], b: &[u8; 16]) -> [u8; 16] {
    std::array::from_fn(|i| a[i] ^ b[i])
}

/// Times x in GF(2^8).
fn double(byte: u8) -> u8 {
    byte << 1 ^ if byte & 0x80 != 0 { 0x1B } else { 0 }
}

/// The substitution table: inverse in GF(2^8), then the affine step. Powers of the generator 3 give the inverses.
fn sbox() -> [u8; 256] {
    let mut table = [0x63; 256];
    let (mut power, mut inverse) = (1u8, 1u8);
    for _ in 0..255 {
        power ^= double(power);
        // divide by 3
        inverse ^= inverse << 1;
        inverse ^= inverse << 2;
        inverse ^= inverse << 4;
        inverse ^= if inverse & 0x80 != 0 { 0x09 } else { 0 };
        let affine = (0..5).fold(0, |sum, turn| sum ^ inverse.rotate_left(turn));
        table[usize::from(power)] = affine ^ 0x63;
    }
    table
}

fn shift_rows(state: &[u8; 16]) -> [u8; 16] {
    std::array::from_fn(|i| state[(i + 4 * (i % 4)) % 16])
}

fn mix_columns(state: &[u8; 16]) -> [u8; 16] {
    std::array::from_fn(|i| {
        let at = |row: usize| state[i / 4 * 4 + (i + row) % 4];
        double(at(0)) ^ double(at(1)) ^ at(1) ^ at(2) ^ at(3)
    })
}

fn next_key(key: &mut [u8; 16], sbox: &[u8; 256], constant: u8) {
    let rotated: [u8; 4] = std::array::from_fn(|i| sbox[usize::from(key[12 + (i + 1) % 4])]);
    for i in 0..16 {
        key[i] ^= match i {
            0 => rotated[0] ^ constant,
            1..=3 => rotated[i],
            _ => key[i - 4],
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_fips_197() {
        let key: [u8; 16] = std::array::from_fn(|i| i as u8);
        let block: [u8; 16] = std::array::from_fn(|i| (0x11 * i) as u8);
        let wanted = 0x69C4_E0D8_6A7B_0430_D8CD_B780_70B4_C55Au128;
        assert_eq!(encrypt(&key, &block), wanted.to_be_bytes());
    }
}
