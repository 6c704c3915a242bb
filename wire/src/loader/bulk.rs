//! The bulk interface of the loader: MBOOT's packets as frames.
//!
//! A frame is a HID report without padding: id, 0, length of the payload (little-endian), payload. The ids are those of
//! [`report`](crate::mboot::report).
//!
//! A frame to the device is one USB packet. The device sends frames of up to [`MOST`] bytes of payload back to back, and
//! ends a USB transfer with the last frame of an exchange, which is short. A host reads bytes and goes by the lengths.

/// Bytes before the payload.
pub const HEADER: usize = 4;
/// The longest payload to the host: the frame is two packets at high speed.
pub const MOST: usize = 1020;
/// Number of the USB interface.
pub const INTERFACE: u8 = 1;
/// Address of its endpoint to the host.
pub const IN: u8 = 0x83;
/// Address of its endpoint from the host.
pub const OUT: u8 = 0x03;

/// The bytes before a payload.
pub const fn header(id: u8, length: u16) -> [u8; HEADER] {
    let [low, high] = length.to_le_bytes();
    [id, 0, low, high]
}

/// Id and payload of the first frame in `bytes`, and how many bytes it takes; `None` while it is not whole.
///
/// # Errors
/// [`NotAFrame`] for bytes that no frame begins with.
pub fn first(bytes: &[u8]) -> Result<Option<(u8, &[u8])>, NotAFrame> {
    let Some((&[id, zero, low, high], rest)) = bytes.split_first_chunk() else {
        return Ok(None);
    };
    let length = usize::from(u16::from_le_bytes([low, high]));
    match zero == 0 && length <= MOST {
        true => Ok(rest.get(..length).map(|payload| (id, payload))),
        false => Err(NotAFrame),
    }
}

/// The bytes are not what a loader sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAFrame;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_in_a_stream_of_bytes() {
        let bytes = [4, 0, 2, 0, 0xAA, 0xBB, 3, 0, 1, 0, 0xCC];
        assert_eq!(first(&bytes), Ok(Some((4, &bytes[4..6]))));
        assert_eq!(first(&bytes[6..]), Ok(Some((3, &bytes[10..]))));
        assert_eq!(first(&bytes[6..10]), Ok(None));
        assert_eq!(first(&bytes[6..9]), Ok(None));
        assert_eq!(first(&[3, 0, 0, 0]), Ok(Some((3, &[][..]))));
    }

    #[test]
    fn other_bytes_are_no_frame() {
        assert_eq!(first(&[4, 1, 2, 0, 0, 0]), Err(NotAFrame));
        assert_eq!(first(&[4, 0, 0xFD, 3]), Err(NotAFrame));
        assert_eq!(first(&[4, 0, 0xFC, 3]), Ok(None));
        assert_eq!(header(4, 1020), [4, 0, 0xFC, 3]);
    }
}
