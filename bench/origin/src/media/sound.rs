//! Silence as AAC-LC, one channel at 48 kHz.
//!
//! A frame is one single-channel element with no bands: 29 zero bits (element 0, gain 0, no sections, no tools) and the
//! end mark `111` (ISO/IEC 14496-3, 4.4.2). It decodes to 1,024 zeros.

/// One AAC frame.
pub(crate) const FRAME: [u8; 4] = [0, 0, 0, 0b111];
/// AudioSpecificConfig: object type 2 (LC), frequency index 3 (48 kHz), one channel.
pub(crate) const CONFIG: [u8; 2] = [0x11, 0x88];

const ADTS_HEADER: usize = 7;

/// The frame behind an ADTS header, as transport streams carry it.
pub(crate) const ADTS_FRAME: [u8; ADTS_HEADER + FRAME.len()] = [
    0xFF, 0xF1, // MPEG-4, no CRC
    0x4C, // LC, 48 kHz
    0x40, // one channel
    0x01, // length 11: the middle eight of thirteen bits
    0x7F, // the low three, then buffer fullness "variable"
    0xFC, FRAME[0], FRAME[1], FRAME[2], FRAME[3],
];
