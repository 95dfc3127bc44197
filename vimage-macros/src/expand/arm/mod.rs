//! What the items become: in the default build, in the builds with parts, and beside errors.

mod fill;
mod instances;
mod plain;
mod recovered;

pub(super) use self::fill::items;
