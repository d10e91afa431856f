//! A plan for people.

use std::fmt;

use super::{Goal, Plan};

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Serve => "is to serve",
            Self::Stop => "is to be stopped",
            Self::Leave => "is left as it is",
        })
    }
}

/// ```text
/// edge-1 (i-0123456789abcdef0) is to serve: open mon-fri 12:30 to 15:30 (line 22)
///   1. start i-0123456789abcdef0
///      open mon-fri 12:30 to 15:30 (line 22)
///   ! eipalloc-... leads to eni-..., not to eni-...; set reassociate = true to take it
/// ```
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.instance.as_ref().map_or_else(|| "not found".to_owned(), ToString::to_string);
        writeln!(f, "{} ({id}) {}: {}", self.name, self.goal, self.because)?;
        for (index, planned) in self.steps.iter().enumerate() {
            writeln!(f, "  {}. {}", index + 1, planned.step)?;
            writeln!(f, "     {}", planned.because)?;
        }
        for alarm in &self.alarms {
            writeln!(f, "  ! {alarm}")?;
        }
        if self.steps.is_empty() && self.alarms.is_empty() {
            writeln!(f, "  nothing to do")?;
        }
        Ok(())
    }
}
