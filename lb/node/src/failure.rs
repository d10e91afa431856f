//! How an error is printed: each level of it once, from the outside in. Every log of an error uses this.

use std::error::Error;
use std::fmt;

/// Prints an error with the causes behind it: `cannot read weir.toml: No such file or directory (os error 2)`.
#[derive(Debug)]
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
