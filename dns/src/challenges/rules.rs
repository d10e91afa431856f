//! Where a challenge would be seen.

use super::{ChallengeError, ChallengeName};
use crate::name::Name;
use crate::record::Type;
use crate::zone::{End, Zones};

/// Whether a challenge at this name would be answered: somebody who is told otherwise now need not wait for the
/// authority's refusal.
pub(crate) fn judge(zones: &Zones, name: &ChallengeName) -> Result<(), ChallengeError> {
    let Some(zone) = zones.find(name.name(), Type::TXT) else {
        return Err(ChallengeError::Foreign { name: name.to_string(), zones: zones.origins() });
    };
    match zone.end_above(name.name()) {
        None => {}
        Some(End::Cut(cut)) => {
            return Err(ChallengeError::Delegated { name: name.to_string(), cut: cut.to_string() });
        }
        Some(End::Renamed { owner, target }) => {
            let (owner, target) = (owner.to_string(), target.to_string());
            return Err(ChallengeError::Renamed { name: name.to_string(), owner, target });
        }
    }
    let alias = zone.nodes.get(name.name()).and_then(|node| node.set(Type::CNAME));
    match alias.and_then(|alias| alias.data.first()).and_then(|data| Name::from_wire(data)) {
        Some(target) => Err(ChallengeError::Alias { name: name.to_string(), target: target.to_string() }),
        None => Ok(()),
    }
}
