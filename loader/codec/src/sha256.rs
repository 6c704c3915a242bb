//! SHA-256 (FIPS 180-4).

/// Bytes that are worked on at once.
const BLOCK: usize = 64;
/// Where the length is in the last block.
const LENGTH_AT: usize = BLOCK - 8;

/// The first 32 bits of the fractional parts of the square roots of the first eight primes.
#[rustfmt::skip]
const START: [u32; 8] = [
    0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
];

/// The same of the cube roots of the first 64 primes.
#[rustfmt::skip]
const ROUNDS: [u32; 64] = [
    0x428A_2F98, 0x7137_4491, 0xB5C0_FBCF, 0xE9B5_DBA5, 0x3956_C25B, 0x59F1_11F1, 0x923F_82A4, 0xAB1C_5ED5,
    0xD807_AA98, 0x1283_5B01, 0x2431_85BE, 0x550C_7DC3, 0x72BE_5D74, 0x80DE_B1FE, 0x9BDC_06A7, 0xC19B_F174,
    0xE49B_69C1, 0xEFBE_4786, 0x0FC1_9DC6, 0x240C_A1CC, 0x2DE9_2C6F, 0x4A74_84AA, 0x5CB0_A9DC, 0x76F9_88DA,
    0x983E_5152, 0xA831_C66D, 0xB003_27C8, 0xBF59_7FC7, 0xC6E0_0BF3, 0xD5A7_9147, 0x06CA_6351, 0x1429_2967,
    0x27B7_0A85, 0x2E1B_2138, 0x4D2C_6DFC, 0x5338_0D13, 0x650A_7354, 0x766A_0ABB, 0x81C2_C92E, 0x9272_2C85,
    0xA2BF_E8A1, 0xA81A_664B, 0xC24B_8B70, 0xC76C_51A3, 0xD192_E819, 0xD699_0624, 0xF40E_3585, 0x106A_A070,
    0x19A4_C116, 0x1E37_6C08, 0x2748_774C, 0x34B0_BCB5, 0x391C_0CB3, 0x4ED8_AA4A, 0x5B9C_CA4F, 0x682E_6FF3,
    0x748F_82EE, 0x78A5_636F, 0x84C8_7814, 0x8CC7_0208, 0x90BE_FFFA, 0xA450_6CEB, 0xBEF9_A3F7, 0xC671_78F2,
];

/// SHA-256 as the bytes come.
pub struct Sha256 {
    state: [u32; 8],
    block: [u8; BLOCK],
    length: u64,
}

impl Sha256 {
    /// Of no bytes yet.
    pub const fn new() -> Sha256 {
        Sha256 {
            state: START,
            block: [0; BLOCK],
            length: 0,
        }
    }

    /// Takes more bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        let held = self.held();
        self.length += bytes.len() as u64;
        if held > 0 {
            let (first, rest) = bytes.split_at(bytes.len().min(BLOCK - held));
            self.block[held..held + first.len()].copy_from_slice(first);
            bytes = rest;
            if held + first.len() < BLOCK {
                return;
            }
            compress(&mut self.state, &self.block);
        }
        let (blocks, rest) = bytes.as_chunks();
        for block in blocks {
            compress(&mut self.state, block);
        }
        self.block[..rest.len()].copy_from_slice(rest);
    }

    /// The hash.
    pub fn finish(mut self) -> [u8; 32] {
        let bits = self.length.wrapping_mul(8).to_be_bytes();
        let held = self.held();
        self.block[held] = 0x80;
        self.block[held + 1..].fill(0);
        if held + 1 > LENGTH_AT {
            compress(&mut self.state, &self.block);
            self.block.fill(0);
        }
        self.block[LENGTH_AT..].copy_from_slice(&bits);
        compress(&mut self.state, &self.block);
        let mut hash = [0; 32];
        for (place, word) in hash.as_chunks_mut().0.iter_mut().zip(self.state) {
            *place = word.to_be_bytes();
        }
        hash
    }

    /// Bytes in `block`.
    fn held(&self) -> usize {
        self.length as usize % BLOCK
    }
}

impl Default for Sha256 {
    fn default() -> Sha256 {
        Sha256::new()
    }
}

/// One round. Which variable is which turns by one place from round to round: the next round names them in that order, so that
/// nothing is moved.
macro_rules! round {
    ($a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident, $word:expr, $constant:expr) => {
        let high = $e.rotate_right(6) ^ $e.rotate_right(11) ^ $e.rotate_right(25);
        let chosen = $g ^ $e & ($f ^ $g);
        $h = $h
            .wrapping_add($word)
            .wrapping_add($constant)
            .wrapping_add(high)
            .wrapping_add(chosen);
        $d = $d.wrapping_add($h);
        let low = $a.rotate_right(2) ^ $a.rotate_right(13) ^ $a.rotate_right(22);
        let majority = $a & $b | $c & ($a | $b);
        $h = $h.wrapping_add(low).wrapping_add(majority);
    };
}

#[inline(never)]
fn compress(state: &mut [u32; 8], block: &[u8; BLOCK]) {
    let mut words = [0; 64];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    for i in 16..64 {
        let (w15, w2) = (words[i - 15], words[i - 2]);
        words[i] = words[i - 16]
            .wrapping_add(w15.rotate_right(7) ^ w15.rotate_right(18) ^ w15 >> 3)
            .wrapping_add(words[i - 7])
            .wrapping_add(w2.rotate_right(17) ^ w2.rotate_right(19) ^ w2 >> 10);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    let rounds = words.as_chunks().0.iter().zip(ROUNDS.as_chunks().0);
    for ([w0, w1, w2, w3], [k0, k1, k2, k3]) in rounds {
        round!(a b c d e f g h, *w0, *k0);
        round!(h a b c d e f g, *w1, *k1);
        round!(g h a b c d e f, *w2, *k2);
        round!(f g h a b c d e, *w3, *k3);
        [a, b, c, d, e, f, g, h] = [e, f, g, h, a, b, c, d];
    }
    for (old, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *old = old.wrapping_add(new);
    }
}
