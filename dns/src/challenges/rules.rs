//! Where a challenge would be seen.

use super::{ChallengeError, ChallengeName};
use crate::name::Name;
use crate::record::Type;
use crate::zone::Zones;

/// Whether a challenge at this name would be answered: somebody who is told otherwise now need not wait for the
/// authority's refusal.
pub(crate) fn judge(zones: &Zones, name: &ChallengeName) -> Result<(), ChallengeError> {
    let Some(zone) = zones.find(name.name(), Type::TXT) else {
        return Err(ChallengeError::Foreign { name: name.to_string(), zones: zones.origins() });
    };
    if let Some(cut) = zone.cut_above(name.name()) {
        return Err(ChallengeError::Delegated { name: name.to_string(), cut: cut.to_string() });
    }
    let alias = zone.nodes.get(name.name()).and_then(|node| node.set(Type::CNAME));
    match alias.and_then(|alias| alias.data.first()).and_then(|data| Name::from_wire(data)) {
        Some(target) => Err(ChallengeError::Alias { name: name.to_string(), target: target.to_string() }),
        None => Ok(()),
    }
}
