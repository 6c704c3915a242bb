//! MBOOT over a UART: the frames.
//!
//! ```text
//! 5A type                                     A1 ACK, A2 NAK, A3 abort, A6 ping
//! 5A type length(LE16) crc(LE16) payload …    A4 command, A5 data
//! 5A A7 fix minor major 'P' options(LE16) crc(LE16)        ping response
//! ```
//!
//! The CRC is CRC-16/XMODEM over all bytes of the frame except its own two.
//!
//! Source: SPSDK, blhost; the genuine RT1021 flashloader.

/// First byte of every frame.
pub const START: u8 = 0x5A;
/// The frame arrived.
pub const ACK: u8 = 0xA1;
/// The frame arrived damaged: send it again.
pub const NAK: u8 = 0xA2;
/// The frame arrived and the data phase is over.
pub const ABORT: u8 = 0xA3;
/// A command or response.
pub const COMMAND: u8 = 0xA4;
/// Data.
pub const DATA: u8 = 0xA5;
/// A ping.
pub const PING: u8 = 0xA6;
/// The answer to a ping.
pub const PING_RESPONSE: u8 = 0xA7;
/// A boot ROM's answer to a ping, as RT10xx boards were seen to give it: 12 bytes, the last eight the unique id.
pub const ROM_PING_RESPONSE: u8 = 0xA8;

/// Bytes of a frame before its payload.
pub const HEADER: usize = 6;
/// Bytes of a ping response.
pub const PING_RESPONSE_LEN: usize = 10;
/// Bytes of a boot ROM's answer to a ping.
pub const ROM_PING_RESPONSE_LEN: usize = 12;
/// Largest payload that an RT1021 flashloader sends or takes.
pub const MAX_PAYLOAD: usize = 1024;

// without a table: the RAM loader has no space for one
const CRC: crc::Crc<u16, crc::NoTable> = crc::Crc::<u16, crc::NoTable>::new(&crc::CRC_16_XMODEM);

/// The CRC over the pieces, as it stands in the frame.
fn checksum(pieces: &[&[u8]]) -> [u8; 2] {
    let mut digest = CRC.digest();
    for piece in pieces {
        digest.update(piece);
    }
    digest.finalize().to_le_bytes()
}

/// The header of a frame of type `kind` around `payload`, CRC included; `None` for more than 65535 bytes.
pub fn header(kind: u8, payload: &[u8]) -> Option<[u8; HEADER]> {
    let [low, high] = u16::try_from(payload.len()).ok()?.to_le_bytes();
    let [crc_low, crc_high] = checksum(&[&[START, kind, low, high], payload]);
    Some([START, kind, low, high, crc_low, crc_high])
}

/// Writes a frame to the start of `buffer` and returns its length; `None` when it does not fit.
pub fn write(kind: u8, payload: &[u8], buffer: &mut [u8]) -> Option<usize> {
    let header = header(kind, payload)?;
    let frame = buffer.get_mut(..HEADER + payload.len())?;
    let (head, body) = frame.split_first_chunk_mut()?;
    *head = header;
    body.copy_from_slice(payload);
    Some(frame.len())
}

/// The length of the payload that a header announces.
pub fn payload_length(header: &[u8; HEADER]) -> usize {
    let [_, _, low, high, _, _] = *header;
    usize::from(u16::from_le_bytes([low, high]))
}

/// Whether length and CRC in the header fit the payload.
pub fn is_intact(header: &[u8; HEADER], payload: &[u8]) -> bool {
    let [start, kind, low, high, crc_low, crc_high] = *header;
    payload_length(header) == payload.len()
        && checksum(&[&[start, kind, low, high], payload]) == [crc_low, crc_high]
}

/// The answer to a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PingResponse {
    /// Version of the serial protocol: major, minor, bug fix.
    pub version: (u8, u8, u8),
    /// Option bits.
    pub options: u16,
}

impl PingResponse {
    /// The ten bytes.
    pub fn to_bytes(&self) -> [u8; PING_RESPONSE_LEN] {
        let (major, minor, fix) = self.version;
        let [low, high] = self.options.to_le_bytes();
        let [crc_low, crc_high] =
            checksum(&[&[START, PING_RESPONSE, fix, minor, major, b'P', low, high]]);
        [
            START,
            PING_RESPONSE,
            fix,
            minor,
            major,
            b'P',
            low,
            high,
            crc_low,
            crc_high,
        ]
    }

    /// Reads the ten bytes; `None` when start, type, mark or CRC is wrong.
    pub fn parse(bytes: &[u8; PING_RESPONSE_LEN]) -> Option<PingResponse> {
        let &[_, _, fix, minor, major, _, low, high, _, _] = bytes;
        let response = PingResponse {
            version: (major, minor, fix),
            options: u16::from_le_bytes([low, high]),
        };
        // start, type, mark and CRC are right when the same bytes come out again
        (response.to_bytes() == *bytes).then_some(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_value_of_crc_16_xmodem() {
        assert_eq!(checksum(&[b"1234", b"56789"]), 0x31C3u16.to_le_bytes());
    }
}
