//! Partners' ids as text in what acts say.

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer, Serializer};
use trueup_base::id::PartnerId;

pub(crate) fn serialize<S: Serializer>(id: &PartnerId, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(id.as_str())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PartnerId, D::Error> {
    let text = String::deserialize(from)?;
    PartnerId::new(text.as_str()).map_err(D::Error::custom)
}
