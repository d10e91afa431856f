//! The client subnet option (RFC 7871): by whom a resolver was asked.

/// A well-formed option of a question: family, source length, scope 0, and as many bytes of the address as the
/// source length covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subnet<'a>(&'a [u8]);

impl<'a> Subnet<'a> {
    /// Takes an option's data, unless it breaks a rule of section 6 or 7.1.1: an unknown family, a scope other than
    /// 0, a source longer than the family's addresses, another number of bytes than the source covers, or bits
    /// beyond it.
    pub(super) fn parse(data: &'a [u8]) -> Option<Self> {
        let (&[high, low, source, scope], address) = data.split_first_chunk::<4>()?;
        let longest = match u16::from_be_bytes([high, low]) {
            1 => 32,
            2 => 128,
            _ => return None,
        };
        let exact = address.len() == usize::from(source).div_ceil(8);
        // Of the last byte, the source covers the upper bits.
        let beyond = match (source % 8, address.last()) {
            (0, _) | (_, None) => 0,
            (covered, Some(last)) => last & (0xff >> covered),
        };
        (scope == 0 && source <= longest && exact && beyond == 0).then_some(Self(data))
    }

    /// The option's data; its scope is 0.
    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subnet_is_taken_or_refused_by_the_book() {
        let taken: [&[u8]; 5] = [
            &[0, 1, 0, 0],
            &[0, 1, 24, 0, 192, 0, 2],
            &[0, 1, 20, 0, 192, 0, 0xf0],
            &[0, 1, 32, 0, 192, 0, 2, 1],
            &[0, 2, 56, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0],
        ];
        for data in taken {
            assert_eq!(Subnet::parse(data).map(Subnet::as_bytes), Some(data), "{data:?}");
        }
        let refused: [(&str, &[u8]); 9] = [
            ("empty", &[]),
            ("torn", &[0, 1, 0]),
            ("a scope", &[0, 1, 24, 24, 192, 0, 2]),
            ("an unknown family", &[0, 3, 8, 0, 1]),
            ("no family", &[0, 0, 0, 0]),
            ("a long source", &[0, 1, 33, 0, 192, 0, 2, 1, 0]),
            ("an address longer than the source", &[0, 1, 16, 0, 192, 0, 0]),
            ("a shorter one", &[0, 1, 24, 0, 192, 0]),
            ("bits beyond the source", &[0, 1, 20, 0, 192, 0, 0xf8]),
        ];
        for (what, data) in refused {
            assert_eq!(Subnet::parse(data), None, "{what}");
        }
    }
}
