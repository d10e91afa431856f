//! Messages cut into chunks ("Adobe's Real Time Messaging Protocol" 1.0, section 5.3): reading and writing.

pub(crate) mod read;
pub(crate) mod write;

/// What both sides begin with (5.4.1).
pub(crate) const FIRST_CHUNK_SIZE: usize = 128;
/// A time field with this value is followed by an extended one (5.3.1.3).
pub(crate) const EXTENDED: u32 = 0x00FF_FFFF;
