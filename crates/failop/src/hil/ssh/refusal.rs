//! What `ssh` says when it does not get there, and what to do about it: [`advice`].

/// Words of OpenSSH, the first that fit, and the advice. The destination takes the place of `{}`.
const ADVICE: [(&str, &str); 9] = [
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "the board shows another key than it did: if it was set up anew, forget the old one (`ssh-keygen -R` with \
         the name above), else somebody else answers in its place",
    ),
    (
        "Host key verification failed",
        "this machine does not know the board's key: log in once by hand (`ssh {}`) and compare it",
    ),
    (
        "Permission denied",
        "the board lets nobody in with the keys of this machine; failop types no password: bring a key there \
         (`ssh-copy-id {}`) or load it into the agent (`ssh-add`)",
    ),
    (
        "Too many authentication failures",
        "the agent offers too many keys: name the right one (`IdentityFile` and `IdentitiesOnly` in ~/.ssh/config)",
    ),
    (
        "Could not resolve hostname",
        "nobody knows that name: look at `destination` in the board file and at ~/.ssh/config",
    ),
    (
        "Connection refused",
        "the board answers but runs no ssh server at this port: is it up, is `Port` right?",
    ),
    ("timed out", UNREACHABLE),
    ("No route to host", UNREACHABLE),
    ("Network is unreachable", UNREACHABLE),
];

const UNREACHABLE: &str =
    "nothing answers at this address: is the board switched on and on this network?";

/// What to do about a connection that `ssh` could not make.
pub(super) fn advice(destination: &str, said: &str) -> String {
    let fits = ADVICE.iter().find(|(words, _)| said.contains(words));
    let advice = fits.map_or("see what `ssh -v {}` tells", |(_, advice)| advice);
    advice.replace("{}", destination)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_of_ssh_has_its_advice() {
        let said = [
            (
                "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
                "ssh-keygen -R",
            ),
            ("Host key verification failed.", "ssh me@board"),
            ("me@board: Permission denied (publickey).", "ssh-copy-id me@board"),
            ("ssh: Could not resolve hostname board: Name or service not known", "nobody knows"),
            ("ssh: connect to host board port 22: Connection refused", "no ssh server"),
            ("ssh: connect to host board port 22: Connection timed out", "nothing answers"),
            ("kex_exchange_identification: read: Connection reset by peer", "ssh -v me@board"),
        ];
        for (said, expected) in said {
            let advice = advice("me@board", said);
            assert!(advice.contains(expected), "{said}: {advice}");
        }
    }
}
