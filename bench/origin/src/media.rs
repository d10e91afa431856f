//! A picture of one colour and silence, packed for HLS and for RTMP.
//!
//! Both are made by hand, bit by bit, and are valid: players decode them. What is missing to the bit rate is filler
//! that the formats provide for (null packets, filler data NAL units).

pub(crate) mod flv;
pub(crate) mod frame;
pub(crate) mod picture;
pub(crate) mod sound;
pub(crate) mod transport;
