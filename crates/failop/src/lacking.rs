//! What a host lacks for a link, found in an error: [`lacking`].

use channel::link::LinkError;

/// Why this host cannot have a link, if that is what went wrong.
pub(crate) fn lacking(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| match cause.downcast_ref() {
        Some(lacking @ LinkError::Lacking { .. }) => Some(lacking.to_string()),
        _ => None,
    })
}
