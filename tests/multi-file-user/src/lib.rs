//! A user of the interface list.

use multi_file::ifnet::if_attach;

/// Adds two interfaces and returns the index of the second.
pub fn add_two() -> u64 {
    if_attach("user0");
    if_attach("user1")
}
